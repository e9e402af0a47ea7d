// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

/// Hosts for etcd join clusters of all three kinds.
struct EtcdGrowthTests {
    private static let head = "kubernetes: v1.34.2\nmasters: [10.0.0.1-2]\nnodes: [10.0.0.9]\n"

    private func standing(_ etcd: String = "etcd: {hosts: [10.0.0.21-22]}") throws -> ClusterSpec {
        try ClusterSpec.make(
            inventory: Inventory(yaml: Self.head + etcd, file: "c.yaml"), allowsEvenMasters: true)
    }

    private func grown(
        _ standing: ClusterSpec, yaml: String? = nil, _ flags: (inout InventoryOverrides) -> Void
    ) -> Result<ClusterGrowth, InventoryError> {
        var overrides = InventoryOverrides()
        flags(&overrides)
        do throws(InventoryError) {
            return .success(
                try ClusterGrowth(
                    of: standing, inventory: yaml.map { Inventory(yaml: $0, file: "j.yaml") } ?? Inventory(),
                    flags: overrides))
        } catch { return .failure(error) }
    }

    private func sentences(_ result: Result<ClusterGrowth, InventoryError>) -> [String] {
        if case .failure(let error) = result { error.problems.map(\.description) } else { [] }
    }

    @Test func `a host takes the place of one that is gone`() throws {
        let growth = try grown(standing()) { $0.etcd = ["10.0.0.24"] }.get()
        #expect(growth.spec.etcd.hosts.map(\.id.description) == ["10.0.0.21", "10.0.0.22", "10.0.0.24"])
        #expect(growth.named == [HostID("10.0.0.24")])
        #expect(growth.spec.masters.count == 2)
    }

    @Test func `an even number of voters is not grown to, and two masters are no reason`() throws {
        #expect(
            sentences(grown(try standing()) { $0.etcd = ["10.0.0.24-25"] }) == [
                "--etcd: 4 etcd hosts survive no more failures than 3, etcd votes by majority; make it 3 or 5 etcd hosts"
            ])
        let masters = try grown(standing()) { $0.masters = ["10.0.0.3-4"] }.get()
        #expect(masters.spec.masters.count == 4 && masters.spec.etcd.hosts.count == 2)
    }

    @Test func `a member is refused in another role`() throws {
        #expect(
            sentences(grown(try standing()) { $0.nodes = ["10.0.0.21"] }).contains {
                $0.contains("10.0.0.21 is an etcd host of the cluster")
            })
        #expect(
            sentences(grown(try standing()) { $0.etcd = ["10.0.0.9"] }).contains {
                $0.contains("10.0.0.9 is a node of the cluster")
            })
    }

    @Test func `a cluster whose etcd is elsewhere takes no hosts for it, and says where members come from`() throws {
        let stacked = try standing("")
        let asked = [
            "--etcd: the etcd of hakube is on its masters; join masters: each brings a member of etcd"
        ]
        #expect(sentences(grown(stacked) { $0.etcd = ["10.0.0.21"] }) == asked)
        let external = stacked.with(
            masters: stacked.masters, nodes: stacked.nodes,
            etcd: .external(ExternalEtcd(endpoints: [EtcdEndpoint(host: "10.0.0.21")])))
        #expect(
            sentences(grown(external) { $0.etcd = ["10.0.0.21"] }) == [
                "--etcd: somebody else runs the etcd of hakube; add members where it is run"
            ])
        let masters = try grown(external) { $0.masters = ["10.0.0.3-4"] }.get()
        #expect(masters.spec.etcd == external.etcd && masters.spec.masters.count == 4)
    }

    @Test func `an inventory may list the members of etcd, too`() throws {
        let yaml = Self.head + "etcd: {hosts: [10.0.0.21-23]}"
        let growth = try grown(standing(), yaml: yaml) { _ in }.get()
        #expect(growth.named == [HostID("10.0.0.23")])
    }
}
