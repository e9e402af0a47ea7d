// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@Suite struct BastionTests {
    @Test(arguments: [
        ("10.0.0.1", [Bastion(address: "10.0.0.1")]),
        ("jump@10.0.0.1:2222", [Bastion(user: "jump", address: "10.0.0.1", port: 2222)]),
        ("[fd00::1]:22", [Bastion(address: "fd00::1", port: 22)]),
        ("gate.example", [Bastion(address: "gate.example")]),
        ("a@one,two:23", [Bastion(user: "a", address: "one"), Bastion(address: "two", port: 23)]),
        ("none", []), (" None ", []),
    ])
    func `a way is read, and written as it was`(_ text: String, _ bastions: [Bastion]) {
        let list = Bastion.list(text, place: "--bastion")
        #expect(list.bastions == bastions)
        #expect(list.problems.isEmpty)
        #expect(Bastion.list(Bastion.text(bastions), place: "").bastions == bastions)
    }

    @Test(arguments: [
        ("10.0.0.1-3", "a bastion is one host, and 10.0.0.1-3 is a range"), ("", "the list of hosts is empty"),
        ("a,,b", "the list of hosts has an empty item"),
        ("10.0.0.1:0", "the port of 10.0.0.1:0 is not a number from 1 to 65535"),
        ("-x@10.0.0.1", "-x@10.0.0.1 has no valid user name before the @"),
    ])
    func `what is no way is told with its place`(_ text: String, _ message: String) {
        let list = Bastion.list(text, place: "--bastion")
        #expect(list.bastions == nil)
        #expect(list.problems.map(\.message) == [message])
        #expect(list.problems.map(\.place) == ["--bastion"])
    }

    private func spec(_ yaml: String, flag: String? = nil) throws -> ClusterSpec {
        var overrides = InventoryOverrides()
        overrides.bastion = flag
        return try ClusterSpec.make(
            inventory: Inventory(yaml: yaml, file: "cluster.yaml"), overrides: overrides,
            bundleKubernetes: KubernetesVersion("v1.34.0"))
    }

    @Test func `a host's own counts before the flag, and the flag before the file's`() throws {
        let yaml = """
            ssh: {bastion: one}
            masters: [10.0.0.1]
            nodes:
              - {address: 10.0.0.2, bastion: none}
              - {address: 10.0.0.3, bastion: 'two,three'}
            """
        let one = Bastion(address: "one")
        let more = [Bastion(address: "two"), Bastion(address: "three")]
        #expect(try spec(yaml).hosts.map(\.access.bastions) == [[one], [], more])
        let flag = [Bastion(user: "me", address: "four")]
        #expect(try spec(yaml, flag: "me@four").hosts.map(\.access.bastions) == [flag, [], more])
        #expect(try spec("masters: [10.0.0.1]").hosts.map(\.access.bastions) == [nil])
    }

    @Test func `a wrong one is one problem, wherever it stands`() throws {
        for (yaml, place) in [
            ("ssh: {bastion: 'a b'}\nmasters: [10.0.0.1]\nnodes: [10.0.0.2, 10.0.0.3]", "cluster.yaml:1"),
            ("masters:\n- {address: 10.0.0.1, bastion: 'a b'}", "cluster.yaml:2"),
        ] {
            let error = #expect(throws: InventoryError.self) { _ = try spec(yaml) }
            #expect(error?.problems.map(\.place) == [place])
        }
    }

    @Test func `the cluster's record keeps the way`() throws {
        let spec = try spec(
            "ssh: {bastion: 'a@one:23,two'}\nmasters: [10.0.0.1]\nnodes: [{address: 10.0.0.2, bastion: none}]")
        let record = try ClusterRecord(json: ClusterRecord(spec: spec).json())
        #expect(record.spec().hosts.map(\.access.bastions) == spec.hosts.map(\.access.bastions))
        let other = [Bastion(address: "other")]
        #expect(record.spec(login: SSHAccess(bastions: other)).hosts.map(\.access.bastions) == [other, other])
    }
}
