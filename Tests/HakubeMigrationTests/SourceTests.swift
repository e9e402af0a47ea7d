// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeMigration

/// Which tool a file is of, and what cannot be read.
@Suite struct SourceTests {
    private func tool(_ text: String, from tool: ForeignTool? = nil) throws -> ForeignTool {
        var request = MigrationRequest(text: text, file: "f")
        request.tool = tool
        return try MigrationSource(request).tool
    }

    private func sentences(_ text: String, from tool: ForeignTool? = nil) -> [String] {
        do {
            _ = try self.tool(text, from: tool)
            return []
        } catch let error as InventoryError {
            return error.problems.map(\.description)
        } catch { return ["\(error)"] }
    }

    @Test(arguments: [
        ("rke-cluster.yml", ForeignTool.rke), ("sealos-config.yaml", .sealos), ("Clusterfile", .sealos),
        ("kubekey.yaml", .kubekey), ("kubespray.ini", .kubespray), ("kubespray.yaml", .kubespray),
    ])
    func `a file tells its tool`(file: String, tool: ForeignTool) throws {
        let fixture = try MigrationFixture(file)
        #expect(fixture.report.tool == tool)
        #expect(try self.tool(fixture.text, from: tool) == tool)
    }

    private static let stranger =
        "name RKE's cluster.yml, sealos's config.yaml or Clusterfile, KubeKey's Cluster, or kubespray's hosts file"

    @Test func `a file of nobody's is refused, and one of another tool than was said`() throws {
        #expect(
            sentences("masters: [10.0.0.1]\n") == [
                "f: it is no file of RKE, sealos, KubeKey or kubespray that hakube knows; \(Self.stranger)"
            ])
        let text = try MigrationFixture("kubekey.yaml").text
        #expect(sentences(text, from: .rke) == ["f: it is no file of RKE that hakube knows; \(Self.stranger)"])
        #expect(sentences("") == sentences("masters: [10.0.0.1]\n"))
    }

    @Test func `YAML that cannot be read is refused with its line`() {
        #expect(
            sentences("nodes:\n\t- address: 10.0.0.1\n").first?.hasPrefix("f:2: the YAML cannot be read: ") == true)
        #expect(
            sentences("a: 1\na: 2\n").first
                == "f:1: `a` is written twice in one map; keep one of the two")
    }

    @Test(arguments: [
        ("node[1:3]", ["node1", "node2", "node3"]), ("w[08:10].x", ["w08.x", "w09.x", "w10.x"]),
        ("n[a:c]", ["na", "nb", "nc"]), ("n[1:2][a:b]", ["n1a", "n1b", "n2a", "n2b"]), ("plain", ["plain"]),
        ("n[3:1]", ["n[3:1]"]), ("n[1:99999]", ["n[1:99999]"]), ("n[1:99][1:99]", ["n[1:99][1:99]"]),
        ("n[x]", ["n[x]"]),
    ])
    func `ranges in names of hosts count both ends`(name: String, expanded: [String]) {
        #expect(AnsibleRange.expanded(name) == expanded)
    }

    @Test func `an INI inventory has hosts, groups in groups, variables, comments and quotes`() throws {
        let inventory = AnsibleInventory(
            ini: """
                # a comment
                [all]
                one ansible_host=10.0.0.1 words="two words" ; no comment of Ansible's
                two   # a comment behind a host

                [inner:children]
                leaf
                [leaf]
                two
                [all:vars]
                key = a value of words  # and a comment
                other="quoted # not a comment"
                """)
        #expect(inventory.hosts.map(\.name) == ["one", "two"])
        #expect(inventory.hosts.map(\.line) == [3, 4])
        #expect(inventory.members(of: "inner") == ["two"])
        let own = inventory.hostVariables["one"]?.map { "\($0.key)=\($0.value.text ?? "")" }
        #expect(own == ["ansible_host=10.0.0.1", "words=two words"])
        let shared = inventory.groups["all"]?.variables.map { "\($0.key)=\($0.value.text ?? "")" }
        #expect(shared == ["key=a value of words", "other=quoted # not a comment"])
        #expect(inventory.unreadable.map(\.line) == [3, 3, 3, 3, 3], "each word that is no variable")
    }
}
