// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeModel
import Testing

@testable import HakubeCLI

struct InventoryOptionsTests {
    @Test func `every flag reaches the specification`() throws {
        let options = try InventoryOptions.parse([
            "--masters", "10.0.0.1-2", "--masters", "[10.0.0.3]", "--masters", "10.0.0.3:2222", "--nodes", "10.0.0.9",
            "--etcd", "10.0.0.21", "--user", "ops", "--port", "23", "--key", "k", "--cluster", "c", "--kubernetes",
            "v1.34.2",
            "--vip", "10.9.9.9", "--guardian", "systemd", "--endpoint", "api.example.com:8443", "--pod-subnet",
            "10.1.0.0/16",
            "--service-subnet", "10.2.0.0/16", "--dns-domain", "c.local", "--image-repository", "r.example.com",
            "--cert-san", "a.example.com", "--cert-san", "b.example.com", "--proxy-mode", "ipvs",
        ])
        #expect(throws: InventoryError.self) { try options.clusterSpec() }

        var right = options
        right.masters.remove(at: 1)
        let spec = try right.clusterSpec()
        #expect(spec.masters.map(\.id.description) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(spec.masters.map(\.access.port) == [23, 23, 2222])
        #expect(spec.nodes.map(\.access) == [SSHAccess(user: "ops", port: 23, keyPath: "k")])
        #expect(spec.etcd.hosts.map(\.id.description) == ["10.0.0.21"])
        #expect(spec.name == "c")
        #expect(spec.kubernetes.description == "v1.34.2")
        #expect(spec.endpoint.authority == "api.example.com:8443")
        #expect(spec.endpoint.vip?.description == "10.9.9.9")
        #expect(spec.endpoint.guardian == .systemd)
        #expect(spec.podSubnets.map(\.description) == ["10.1.0.0/16"])
        #expect(spec.serviceSubnets.map(\.description) == ["10.2.0.0/16"])
        #expect(spec.dnsDomain == "c.local")
        #expect(spec.imageRepository == "r.example.com")
        #expect(spec.extraCertSANs == ["a.example.com", "b.example.com"])
        #expect(spec.proxyMode == .ipvs)
    }

    @Test func `a file that is not there is a problem of the inventory`() throws {
        let options = try InventoryOptions.parse(["-f", "/nonexistent/cluster.yaml"])
        let error = #expect(throws: InventoryError.self) { try options.clusterSpec() }
        #expect(
            error?.problems.map(\.description) == [
                "/nonexistent/cluster.yaml: the inventory file cannot be read: no such file; check the path after -f"
            ])
    }

    @Test func `a file that is no text is a problem of the inventory`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID()).yaml")
        try Data([0x63, 0xff, 0xfe]).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let options = try InventoryOptions.parse(["--file", file.path()])
        let error = #expect(throws: InventoryError.self) { try options.clusterSpec() }
        #expect(
            error?.problems.map(\.description) == [
                "\(file.path()): the inventory file is no UTF-8 text; save it as UTF-8"
            ])
    }

    @Test func `a cluster that is only looked at needs no release, and may be even`() throws {
        let options = try InventoryOptions.parse(["--masters", "10.0.0.1-2", "--nodes", "10.0.0.9"])
        let spec = try options.standingCluster()
        #expect(spec.masters.count == 2 && spec.nodes.count == 1)
        let named = try InventoryOptions.parse(["--masters", "10.0.0.1", "--kubernetes", "v1.20.2"])
        #expect(try named.standingCluster().kubernetes.description == "v1.20.2")
    }

    @Test func `no host at a time is refused`() {
        #expect(throws: (any Error).self) { try ConnectionOptions.parse(["--parallel", "0"]) }
        #expect(throws: (any Error).self) { try ConnectionOptions.parse(["--connect-timeout", "0"]) }
    }

    @Test func `sixteen hosts at a time are the default`() throws {
        let options = try ConnectionOptions.parse([])
        #expect(options.parallel == 16)
        #expect(options.strictHostKeys == false)
        #expect(options.connectDeadline == .seconds(15))
    }
}
