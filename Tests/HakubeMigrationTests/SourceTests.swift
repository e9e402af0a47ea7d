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
        ("n[x]", ["n[x]"]), ("n[1:6:2]", ["n1", "n3", "n5"]), ("n[01:10:3].x", ["n01.x", "n04.x", "n07.x", "n10.x"]),
        ("n[a:e:2]", ["na", "nc", "ne"]), ("n[1:6:0]", ["n[1:6:0]"]), ("n[1:2:3:4]", ["n[1:2:3:4]"]),
        ("n[-9223372036854775808:9223372036854775807]", ["n[-9223372036854775808:9223372036854775807]"]),
    ])
    func `ranges in names of hosts count both ends`(name: String, expanded: [String]) {
        #expect(AnsibleRange.expanded(name) == expanded)
    }

    @Test(arguments: [
        ("['a', \"b\"]", ["x[0]=a", "x[1]=b"]), ("{'k': 1, 'l': True}", ["x.k=1", "x.l=True"]), ("[fd00::1]", nil),
        ("{{ some }}", nil), ("['a'", nil), ("plain", nil), ("[{\"k\": [\"v\"]}]", ["x[0].k[0]=v"]),
    ])
    func `a list or map of Python's in an INI file is one, any other text is a text`(text: String, leaves: [String]?) {
        let node = SourceNode(path: "x", line: 7, content: .text(text, quoted: false))
        let found = SourceDocuments.literal(node)?.leaves
        #expect(found?.map { "\($0.path)=\($0.text ?? "")" } == leaves)
        #expect(found?.allSatisfy { $0.line == 7 } ?? true)
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
        #expect(inventory.members(of: ["inner"]) == ["two"])
        let own = inventory.hostVariables["one"]?.map { "\($0.key)=\($0.value.text ?? "")" }
        #expect(own == ["ansible_host=10.0.0.1", "words=two words"])
        let shared = inventory.groups["all"]?.variables.map { "\($0.key)=\($0.value.text ?? "")" }
        #expect(shared == ["key=a value of words", "other=quoted # not a comment"])
        #expect(inventory.unreadable.map(\.line) == [3, 3, 3, 3, 3], "each word that is no variable")
    }

    @Test func `a map that merges others has their keys, its own first, and their lines`() throws {
        let fixture = try MigrationFixture(
            text: """
                x: &d
                  user: rke
                  ssh_key_path: ~/.ssh/k
                y: &e {user: other, port: "2222", docker_socket: /run/d.sock}
                nodes:
                - <<: *d
                  address: 10.0.0.1
                  role: [controlplane, etcd, worker]
                - <<: [*d, *e]
                  ssh_key_path: ~/.ssh/own
                  address: 10.0.0.2
                  role: [worker]
                kubernetes_version: v1.28.9-rancher1-1
                """)
        let spec = try fixture.spec()
        #expect(spec.hosts.map(\.access.user) == ["rke", "rke"])
        #expect(spec.hosts.map(\.access.keyPath) == ["~/.ssh/k", "~/.ssh/own"])
        #expect(spec.hosts.map(\.access.port) == [nil, 2222])
        #expect(fixture.report.taken.first { $0.path == "nodes[0].user" }?.line == 2)
        #expect(fixture.report.left.map(\.path) == ["nodes[1].docker_socket", "y.user"], "no one has that user")
        #expect(fixture.report.settled.map(\.path).contains("x.user"))
    }

    @Test func `a merge in a merge, and a key of the name that merges nothing`() throws {
        let text =
            "a: &a {one: 1, two: 1}\nb: &b {<<: *a, two: 2}\nc: {<<: *b, three: 3}\nd: {<<: text}\ne: {'<<': *a}\n"
        let root = try #require(try SourceDocuments.read(text, file: "f").first)
        func pairs(_ key: String) -> [String] { root[key]?.entries.map { "\($0.key)=\($0.value.text ?? "")" } ?? [] }
        #expect(pairs("c") == ["three=3", "two=2", "one=1"])
        #expect(pairs("d") == ["<<=text"])
        #expect(pairs("e") == ["<<="], "in quotes it is a key")
    }

    private static let excess =
        "f: its anchors and aliases make more of it than any tool's file holds; write it without them"

    private static func bomb(_ levels: Int, _ each: Int) -> String {
        "a0: &a0 [x]\n"
            + (1...levels).map { level in
                "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: each).joined(separator: ","))]\n"
            }.joined()
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            bomb(9, 9), bomb(40, 9) + "? *a40\n: x\n", bomb(40, 9) + "? [*a40]\n: x\n", bomb(40, 9) + "*a40 : x\n",
            bomb(40, 9) + "z: {[*a40]: x}\n", bomb(20, 9) + "z: {<<: [*a20]}\n", bomb(200, 1),
        ])
    func `a file that aliases make huge or deep is refused before it is`(text: String) {
        #expect(sentences(text) == [Self.excess])
    }

    @Test func `so many anchors that the parser itself would go too deep are not given to it`() {
        #expect(AliasBounds.areKept(by: Self.bomb(999, 1)))
        #expect(!AliasBounds.areKept(by: Self.bomb(1000, 1)))
        #expect(AliasBounds.areKept(by: String(repeating: "- '*.example.com && more'\n", count: 2000)))
    }

    @Test func `many hosts may merge one anchor, and a bomb in a literal is a text`() throws {
        let nodes = (1...300).map { "- {<<: *d, address: 10.0.1.\($0), role: [worker]}\n" }.joined()
        let text = "nodes:\n- &d {user: rke, address: 10.0.0.1, role: [controlplane, etcd]}\n" + nodes
        let documents = try SourceDocuments.read(text, file: "f")
        #expect(documents.first?["nodes"]?.items.count == 301)
        #expect(documents.first?["nodes"]?.items.last?["user"]?.text == "rke")
        let levels = (1...9).map { "&a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ","))]" }
        let literal = "[&a0 ['x'],\(levels.joined(separator: ","))]"
        #expect(
            SourceDocuments.literal(SourceNode(path: "x", line: 1, content: .text(literal, quoted: false))) == nil)
    }

    @Test(arguments: ["kubespray.ini", "rke-cluster.yml", "kubekey.yaml"])
    func `the mark that Windows puts before UTF-8 is no part of a file`(file: String) throws {
        let plain = try MigrationFixture(file)
        let marked = try MigrationFixture(text: "\u{FEFF}" + plain.text, file: file)
        #expect(marked.migration == plain.migration)
    }

    @Test func `an INI file that begins with the mark begins with its section`() throws {
        let fixture = try MigrationFixture(
            text: "\u{FEFF}[kube_control_plane]\na ansible_host=10.0.0.1\n[all:vars]\nkube_version=v1.30.1\n")
        #expect(try fixture.spec().hosts.map(\.name) == ["a"])
        #expect(fixture.report.left.isEmpty)
    }
}
