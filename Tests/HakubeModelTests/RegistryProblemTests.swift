// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

/// Where images come from that no bundle holds.
struct RegistryProblemTests {
    @Test(arguments: [
        InventoryCase.after(
            "registries: {host: a.b}",
            "c.yaml:3: `registries` is a map here, not a list; start each with a dash: - host: docker.io"),
        .after(
            "registries: [{endpoints: [https://a.b]}]",
            "c.yaml:3: a registry without `host`; write host: docker.io among its keys"),
        .after(
            "registries: [{host: https://a.b}]",
            "c.yaml:3: `https://a.b` is no name of a registry; write it as in an image's name, without scheme and path: docker.io, registry.example.com:5000, _default"
        ),
        .after(
            "registries: [{host: ../etc, endpoints: [https://a.b]}]",
            "c.yaml:3: `../etc` is no name of a registry; write it as in an image's name, without scheme and path: docker.io, registry.example.com:5000, _default"
        ),
        .after(
            "registries: [{host: a.b}, {host: a.b}]",
            "c.yaml:3: the registry a.b stands twice; keep one, with all endpoints"),
        .after(
            "registries: [{host: _default}]",
            "c.yaml:3: `_default` has no endpoints; write endpoints: [https://mirror.example.com]"),
        .after(
            "registries: [{host: a.b, endpoints: [\"https://me:word@c.d\"]}]",
            "c.yaml:3: an endpoint holds credentials, which would stand readable on every host; leave them out, and give pods an image pull secret"
        ),
        .after(
            "registries:\n  - host: a.b\n    endpoints: [mirror.example.com]",
            "c.yaml:5: `mirror.example.com` is no endpoint of a registry; write https://mirror.example.com:5000, or http:// where there is no TLS; a path may follow"
        ),
        .after(
            "registries: [{host: a.b, endpoints: [\"https://c.d/\\\"\\n[x]\"]}]",
            "c.yaml:3: `https://c.d/\"\n[x]` is no endpoint of a registry; write https://mirror.example.com:5000, or http:// where there is no TLS; a path may follow"
        ),
        .after(
            "registries: [{host: a.b, skipVerify: perhaps}]", "c.yaml:3: `skipVerify` is `perhaps`; write true or false"
        ),
        .after(
            "registries: [{host: a.b, ca: gone.crt}]",
            "c.yaml:3: the file gone.crt could not be read; check the path; it is on this machine"),
        .after(
            "registries: [{host: a.b, mirror: x}]",
            "c.yaml:3: a registry has no key `mirror`; choose from host, endpoints, ca, skipVerify"),
    ])
    func `a registry that cannot be right is refused with its line`(wrong: InventoryCase) {
        #expect(wrong.found == wrong.sentences)
    }

    private func spec(certificate: String) throws(InventoryError) -> ClusterSpec {
        let yaml = "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nregistries: [{host: a.b, ca: ca.crt}]"
        var inventory = Inventory(yaml: yaml, file: "c.yaml")
        inventory.files = ["ca.crt": certificate]
        return try ClusterSpec.make(inventory: inventory)
    }

    @Test func `a private key never becomes part of a plan`() throws {
        let pem = "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"
        let error = #expect(throws: InventoryError.self) { try spec(certificate: pem) }
        #expect(error?.problems.map(\.message) == ["the file ca.crt holds a private key, which hosts shall not have"])
        #expect(throws: InventoryError.self) { try spec(certificate: "rubbish") }
    }

    @Test func `registries come back from the cluster's record`() throws {
        let made = try spec(certificate: "-----BEGIN CERTIFICATE-----\n")
        let back = try ClusterRecord(json: ClusterRecord(spec: made).json()).spec()
        #expect(back.registries == [Registry(host: "a.b", ca: "-----BEGIN CERTIFICATE-----\n")])
    }
}
