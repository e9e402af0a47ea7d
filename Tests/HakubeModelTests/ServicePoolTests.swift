// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct ServicePoolTests {
    /// Pools from line 7 on; the hosts are 192.168.66.10 and 192.168.66.21-22.
    private static func pools(_ lines: String..., sentences: [String] = []) -> InventoryCase {
        let head = """
            kubernetes: v1.34.2
            masters: [192.168.66.10]
            nodes: [192.168.66.21-22, {address: 192.168.66.31, internalAddress: 192.168.77.31}]
            endpoint: {strategy: kube-vip, vip: 192.168.66.240}
            loadBalancer:
              pools:

            """
        return InventoryCase(
            yaml: head + lines.map { "    \($0)\n" }.joined(), sentences: sentences.map { "c.yaml:\($0)" })
    }

    @Test func `pools are ranges of a namespace, sorted, however they are written`() throws {
        let example = Self.pools(
            "team-b: [192.168.66.224/29, 192.168.66.232]", "global: 192.168.66.210-192.168.66.212, 192.168.66.215-219",
            "team-a:", "  - 192.168.67.0/24")
        let pools = try spec(yaml: example.yaml).servicePools
        #expect(pools.map(\.namespace) == ["global", "team-a", "team-b"])
        #expect(
            pools.map { $0.ranges.map(\.description) } == [
                ["192.168.66.210-192.168.66.212", "192.168.66.215-192.168.66.219"], ["192.168.67.0-192.168.67.255"],
                ["192.168.66.224-192.168.66.231", "192.168.66.232"],
            ])
    }

    @Test(arguments: ["", "loadBalancer:\n", "loadBalancer: {pools: }\n", "loadBalancer: {pools: {}}\n"])
    func `a cluster without pools has none`(text: String) throws {
        #expect(try spec(yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\n\(text)").servicePools.isEmpty)
    }

    private static let forms = "write it as 192.168.66.210, 192.168.66.210-192.168.66.219 or 192.168.66.224/29"

    @Test(arguments: [
        pools("global: all", sentences: ["7: `all` in the global pool is no address, range or block; \(forms)"]),
        pools(
            "team-a: 192.168.66.210-192.168.66",
            sentences: ["7: `192.168.66.210-192.168.66` in the pool of team-a is no address, range or block; \(forms)"]),
        pools(
            "global: [192.168.66.210, '']",
            sentences: ["7: `` in the global pool is no address, range or block; \(forms)"]),
        pools(
            "global: 192.168.66.0/40",
            sentences: ["7: `192.168.66.0/40` in the global pool is no address, range or block; \(forms)"]),
        pools(
            "global: 192.168.66.225/29",
            sentences: [
                "7: `192.168.66.225/29` in the global pool has bits behind /29; write 192.168.66.224/29, or a range from "
                    + "the first address to the last"
            ]),
        pools(
            "global:", "  - 192.168.66.219-192.168.66.210",
            sentences: [
                "8: the range 192.168.66.219-192.168.66.210 ends before it starts; write 192.168.66.210-192.168.66.219"
            ]),
        pools(
            "global: 192.168.66.219-fd00::1",
            sentences: [
                "7: the range 192.168.66.219-fd00::1 starts with IPv4 and ends with IPv6; write both ends in one family"
            ]),
        pools(
            "global: 0.0.0.0/32",
            sentences: [
                "7: the global pool holds 0.0.0.0, which means no host at all; choose addresses of the network that the "
                    + "hosts are in"
            ]),
        pools(
            "global: 223.255.255.0-224.0.0.5",
            sentences: [
                "7: the global pool holds 224.0.0.5, which is a multicast address; choose addresses of the network that "
                    + "the hosts are in"
            ]),
    ])
    func `an item has to read as addresses of a network`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        pools(
            "global: []",
            sentences: [
                "7: the global pool has no addresses; write a range such as 192.168.66.210-192.168.66.219, or take the "
                    + "line out"
            ]),
        pools(
            "team-a:",
            sentences: [
                "7: the pool of team-a has no addresses; write a range such as 192.168.66.210-192.168.66.219, or take the "
                    + "line out"
            ]),
        pools(
            "Team-A: 192.168.66.210", sentences: ["7: `Team-A` cannot name a namespace; write `team-a`"]),
        pools(
            "team.a: 192.168.66.210",
            sentences: [
                "7: `team.a` cannot name a namespace; use lower-case letters, digits and dashes; `global` means every "
                    + "namespace without a pool of its own"
            ]),
        pools(
            "team-a: 192.168.66.210", "team-a: 192.168.66.211",
            sentences: ["8: `team-a` is written twice, first on line 7; keep one of the two"]),
        pools(
            "team-a: {from: 192.168.66.210}",
            sentences: ["7: `team-a` is a map here, not a list; write it as [one, two]"]),
    ])
    func `a pool has a namespace and addresses`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        pools(
            "global: 192.168.66.210-219", "team-a:", "  - 192.168.66.220-223", "  - 192.168.66.216/30",
            sentences: [
                "10: 192.168.66.216-192.168.66.219 in the pool of team-a overlaps 192.168.66.210-192.168.66.219 in the "
                    + "global pool; give each pool addresses of its own"
            ]),
        pools(
            "global: [192.168.66.210-219, 192.168.66.212]",
            sentences: [
                "7: 192.168.66.212 in the global pool overlaps 192.168.66.210-192.168.66.219 in it; write each address once"
            ]),
        pools(
            "global: 192.168.66.240/28",
            sentences: [
                "7: 192.168.66.240-192.168.66.255 in the global pool holds the VIP 192.168.66.240; leave the VIP out of "
                    + "the pool, or choose another with --vip"
            ]),
        pools(
            "global: 192.168.66.16/28",
            sentences: [
                "7: 192.168.66.16-192.168.66.31 in the global pool holds the address of 192.168.66.21 and of 2 more "
                    + "hosts; choose addresses that no machine has"
            ]),
        pools(
            "team-a: 192.168.77.31",
            sentences: [
                "7: 192.168.77.31 in the pool of team-a holds the address of 192.168.66.31; choose addresses that no "
                    + "machine has"
            ]),
        pools(
            "global: 10.244.7.0/24",
            sentences: [
                "7: 10.244.7.0-10.244.7.255 in the global pool overlaps the pod subnet 10.244.0.0/16 (the default); choose "
                    + "addresses outside of it"
            ]),
        pools(
            "global: 10.95.255.250-10.96.0.3",
            sentences: [
                "7: 10.95.255.250-10.96.0.3 in the global pool overlaps the service subnet 10.96.0.0/12 (the default); "
                    + "choose addresses outside of it"
            ]),
        pools(
            "global: [192.168.66.210, 'fd00::10-fd00::1f']",
            sentences: [
                "7: fd00::10-fd00::1f in the global pool is IPv6, and no Service of this cluster is; write addresses of "
                    + "the service subnet's family, or make the cluster dual stack"
            ]),
        // Side by side is no overlap.
        pools("global: 192.168.66.210-219", "team-a: 192.168.66.220/30", "team-b: 192.168.66.224-239"),
    ])
    func `an address of a pool belongs to nobody else`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test func `a cluster of both families has pools of both`() throws {
        let yaml = """
            kubernetes: v1.34.2
            masters: [10.0.0.1]
            network: {podSubnet: [10.244.0.0/16, "fd00:10:244::/56"]}
            endpoint: {strategy: kube-vip, vip: 10.0.0.9}
            loadBalancer: {pools: {global: [10.0.1.0/24, "fd00:66::/120"]}}
            """
        let ranges = try #require(try spec(yaml: yaml).servicePools.first).ranges
        #expect(ranges.map(\.ends) == ["10.0.1.0-10.0.1.255", "fd00:66::-fd00:66::ff"])
    }

    @Test func `pools want kube-vip, which is what announces their addresses`() {
        let text = "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nloadBalancer: {pools: {global: 10.0.1.1}}\n"
        #expect(
            problems(yaml: text) == [
                "c.yaml:3: pools of service addresses are kube-vip's, and the endpoint strategy is guardian; "
                    + "write strategy: kube-vip under `endpoint`, or take the pools out"
            ])
    }

    @Test func `the cluster's record keeps the pools`() throws {
        let example = Self.pools("team-b: [192.168.66.224/29]", "global: 192.168.66.210-219")
        let whole = try spec(yaml: example.yaml)
        let text = try ClusterRecord(spec: whole).json()
        #expect(try ClusterRecord(json: text).spec().servicePools == whole.servicePools)
        let damaged = text.replacing("192.168.66.210-192.168.66.219", with: "192.168.66.210-192.168.66.2")
        #expect(throws: ClusterRecordError.self) { try ClusterRecord(json: damaged) }
    }

    @Test func `the section has one key, and what is like it is known`() {
        let text = "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nloadBalancer: {pool: {global: 10.0.1.1}}\n"
        #expect(problems(yaml: text) == ["c.yaml:3: `loadBalancer` has no key `pool`; write `pools`"])
        let list = "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nloadBalancer: {pools: [10.0.1.1]}\n"
        #expect(
            problems(yaml: list) == [
                "c.yaml:3: `pools` is a list here, not a map; write it as namespace: addresses lines, such as global: "
                    + "192.168.66.210-192.168.66.219"
            ])
    }

    @Test func `a range knows its ends, up to the whole of a family`() throws {
        let all = AddressRange(try #require(CIDR("::/0")))
        #expect(all.last.description == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        #expect(AddressRange(try #require(CIDR("10.0.0.0/31"))).ends == "10.0.0.0-10.0.0.1")
        let one = try #require(AddressRange("10.0.0.7"))
        #expect(one.description == "10.0.0.7" && one.ends == "10.0.0.7-10.0.0.7")
        for text in ["10.0.0.2-10.0.0.1", "10.0.0.1-fd00::1", "10.0.0.1-10.0.0.2-10.0.0.3", "-", ""] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
        let range = try #require(AddressRange("10.0.0.5-10.0.0.9"))
        let inside = try ["10.0.0.4", "10.0.0.5", "10.0.0.9", "10.0.0.10", "::a00:5"].map { text in
            range.contains(try #require(IPAddress(text)))
        }
        #expect(inside == [false, true, true, false, false])
        let overlaps = try ["10.0.0.1-10.0.0.4", "10.0.0.1-10.0.0.5", "10.0.0.6", "10.0.0.9-10.0.0.12", "10.0.0.10"]
            .map { range.overlaps(try #require(AddressRange($0))) }
        #expect(overlaps == [false, true, true, true, false])
    }
}
