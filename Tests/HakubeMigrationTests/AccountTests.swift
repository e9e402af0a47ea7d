// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeMigration

/// Whatever the file: no value of it is lost, and no secret of it comes out.
@Suite struct AccountTests {
    static let files = [
        "rke-cluster.yml", "sealos-config.yaml", "Clusterfile", "kubekey.yaml", "kubespray.ini", "kubespray.yaml",
    ]

    @Test(arguments: files)
    func `each value of the file is taken over, settled or left`(file: String) throws {
        let fixture = try MigrationFixture(file)
        let source = try MigrationSource(MigrationRequest(text: fixture.text, file: file))
        let report = fixture.report
        let told =
            report.taken.map { ($0.line, $0.path) } + report.settled.map { ($0.line, $0.path) }
            + report.left.map { ($0.line, $0.path) }
        let leaves = source.roots.flatMap(\.leaves)
        #expect(leaves.count > 20)
        for leaf in leaves {
            #expect(
                told.contains { line, path in
                    line <= leaf.line
                        && (path == leaf.path || leaf.path.hasPrefix("\(path).") || leaf.path.hasPrefix("\(path)["))
                }, "\(leaf.path) on line \(leaf.line) is lost")
        }
    }

    @Test(arguments: files)
    func `no password of the file is in the inventory or in the report`(file: String) throws {
        let fixture = try MigrationFixture(file)
        let out = [fixture.migration.inventory, fixture.report.text, try fixture.report.json(inventory: nil)]
        let secrets = ["hunter2", "not-to-be-seen", "123456"]
        #expect(secrets.contains { fixture.text.contains($0) }, "the fixture has lost its secrets")
        for text in out { #expect(!secrets.contains { text.contains($0) }) }
        #expect(fixture.report.left.contains { $0.reason == "a secret has no place in an inventory" })
    }

    @Test(arguments: files)
    func `what is not taken over has its line, a reason and what to do`(file: String) throws {
        let fixture = try MigrationFixture(file)
        let lines = fixture.text.split(separator: "\n", omittingEmptySubsequences: false)
        for left in fixture.report.left {
            #expect(!left.reason.isEmpty && !left.remedy.isEmpty)
            let key = left.path.split(separator: ".").last?.split(separator: "[").first.map(String.init) ?? ""
            #expect(lines.indices.contains(left.line - 1))
            // Items of lists have no key of their own on their line; kinds stand in front of other documents' paths.
            if !left.path.contains("[") && left.path.contains(".") && !file.hasSuffix(".ini") {
                #expect(lines[left.line - 1].contains(key), "\(left.path) is not on line \(left.line)")
            }
        }
    }

    @Test(arguments: files)
    func `inventory and report are what they were`(file: String) throws {
        guard file != "rke-cluster.yml" else { return }
        let fixture = try MigrationFixture(file)
        try GoldenFolder(file).expect(fixture.migration.inventory, is: "inventory.yaml")
        try GoldenFolder(file).expect(fixture.report.text + "\n", is: "report.txt")
    }

    @Test func `a value that nobody knows is left with the line it stands on, a whole map as one`() throws {
        let fixture = try MigrationFixture(
            text: """
                nodes:
                  - {address: 10.0.0.1, role: [controlplane, etcd], surprise: 1}
                mystery:
                  deep: {one: 1, two: 2}
                kubernetes_version: v1.24.17-rancher1-1
                """)
        #expect(fixture.report.left.map(\.path) == ["nodes[0].surprise", "mystery"])
        #expect(fixture.report.left.map(\.line) == [2, 3])
    }

    @Test func `the same file gives the same inventory, byte for byte`() throws {
        let first = try MigrationFixture("kubekey.yaml")
        #expect(try MigrationFixture("kubekey.yaml").migration == first.migration)
    }
}
