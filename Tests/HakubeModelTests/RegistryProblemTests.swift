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
            "c.yaml:3: an endpoint holds credentials, which everybody who sees the plan would read; write username and passwordFile among the registry's keys"
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
            "registries: [{host: a.b, username: me}]",
            "c.yaml:3: the registry a.b has a username and no passwordFile; write passwordFile: PATH, a file of mode 0600 with the password on its first line"
        ),
        .after(
            "registries: [{host: a.b, passwordFile: p}]",
            "c.yaml:3: the registry a.b has a passwordFile and no username; write username: NAME, too"),
        .after(
            "registries:\n  - host: a.b\n    username: me:word\n    passwordFile: p",
            "c.yaml:5: `me:word` cannot be the user of a registry; write the name without colon and without its password",
            "c.yaml:6: the file p could not be read; check the path; it is on this machine"),
        .after(
            "registries: [{host: a.b, mirror: x}]",
            "c.yaml:3: a registry has no key `mirror`; choose from host, endpoints, ca, skipVerify, username, passwordFile"
        ),
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

    private func spec(
        password: PasswordReading?, readsPasswords: Bool = true
    ) throws(InventoryError) -> ClusterSpec {
        let yaml = "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nregistries: [{host: a.b, username: me, passwordFile: p}]"
        var inventory = Inventory(yaml: yaml, file: "c.yaml")
        inventory.passwords["p"] = password
        return try ClusterSpec.make(inventory: inventory, readsPasswords: readsPasswords)
    }

    @Test func `what is wrong with the file with the password is told with the line that names it`() throws {
        let reading = PasswordReading.refused(message: "others on this machine can read it", remedy: "run: chmod 600 p")
        let error = #expect(throws: InventoryError.self) { try spec(password: reading) }
        #expect(
            error?.problems.map(\.description) == [
                "c.yaml:3: the file p: others on this machine can read it; run: chmod 600 p"
            ])
    }

    @Test func `a command that only looks needs no password`() throws {
        let seen = try spec(password: nil, readsPasswords: false)
        #expect(seen.registries == [Registry(host: "a.b", login: RegistryLogin(username: "me"))])
    }

    @Test func `the record has the user and not the password`() throws {
        let made = try spec(password: .password(Secret("hunter2")))
        #expect(made.registries.map(\.login?.password?.exposed) == ["hunter2"])
        for text in [try ClusterRecord(spec: made).json(), try ClusterRecord(spec: made).localJSON(), "\(made)"] {
            #expect(!text.contains("hunter2"))
        }
        let back = try ClusterRecord(json: ClusterRecord(spec: made).json()).spec()
        #expect(back.registries == [Registry(host: "a.b", login: RegistryLogin(username: "me"))])
    }

    @Test func `a marker is replaced wherever it stands, others' text is left alone`() {
        let text =
            "a \(RegistryLogin.marker(of: "x.y:5000")) b \(RegistryLogin.marker(of: "_default")) <<hakube:registry-login:"
        #expect(text.resolvingRegistryLogins { "[\($0)]" } == "a [x.y:5000] b [_default] <<hakube:registry-login:")
        #expect("nothing >> here".resolvingRegistryLogins { $0 } == "nothing >> here")
    }

    @Test func `registries come back from the cluster's record`() throws {
        let made = try spec(certificate: "-----BEGIN CERTIFICATE-----\n")
        let back = try ClusterRecord(json: ClusterRecord(spec: made).json()).spec()
        #expect(back.registries == [Registry(host: "a.b", ca: "-----BEGIN CERTIFICATE-----\n")])
    }
}
