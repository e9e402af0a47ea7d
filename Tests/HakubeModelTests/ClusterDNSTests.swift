// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct ClusterDNSTests {
    private static func dns(_ lines: String, _ sentences: String...) -> InventoryCase {
        InventoryCase(
            yaml: "kubernetes: v1.34.2\nmasters:\n  - 10.0.0.1\n\(lines)\n", sentences: sentences.map { "c.yaml:\($0)" }
        )
    }

    @Test func `as many servers as masters, or as given, or left alone`() throws {
        func dns(_ text: String) throws -> ClusterDNS? {
            try spec(yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1-3]\n\(text)").dns
        }
        #expect(try dns("") == nil)
        #expect(try dns("dns: {}") == nil)
        let asMasters = try #require(try dns("dns: {replicas: masters, on: masters}"))
        #expect(asMasters == ClusterDNS(replicas: .masters, isOnMasters: true))
        #expect(asMasters.count(masters: 5) == 5)
        let four = try #require(try dns("dns: {replicas: 4}"))
        #expect(four == ClusterDNS(replicas: .count(4)) && four.count(masters: 3) == 4)
        let placed = try #require(try dns("dns: {on: masters}"))
        #expect(placed.isOnMasters && placed.count(masters: 3) == nil)
    }

    @Test(arguments: [
        dns("dns: {replicas: 0}", "4: `0` is no number of DNS servers; write masters, or a number from 1 to 100"),
        dns("dns: {replicas: 101}", "4: `101` is no number of DNS servers; write masters, or a number from 1 to 100"),
        dns("dns: {replicas: +3}", "4: `+3` is no number of DNS servers; write masters, or a number from 1 to 100"),
        dns(
            "dns: {replicas: nodes}", "4: `nodes` is no number of DNS servers; write masters, or a number from 1 to 100"
        ),
        dns("dns: {on: nodes}", "4: DNS servers cannot be kept on `nodes`; write masters, or leave `on` out"),
        dns("dns: 3", "4: `dns` is a single value here, not a map; write it as key: value lines with replicas, on"),
        dns("dns: {on: masters}"),
    ])
    func `a number is a number and a place is a place`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test func `servers cannot be kept on masters that all turn them away`() {
        func found(_ first: String, _ second: String) -> [String] {
            problems(
                yaml: """
                    kubernetes: v1.34.2
                    masters:
                      - {address: 10.0.0.1, taints: [\(first)]}
                      - {address: 10.0.0.2-3, taints: [\(second)]}
                    dns: {on: masters}
                    """)
        }
        #expect(
            found("a:NoSchedule", "b=c:NoExecute") == [
                "c.yaml:5: every master has a taint that keeps CoreDNS away, such as a:NoSchedule; leave `on` out, or one "
                    + "master without such a taint"
            ])
        #expect(found("a:NoSchedule", "b=c:PreferNoSchedule").isEmpty)
        #expect(found("a:NoSchedule", "node-role.kubernetes.io/control-plane:NoSchedule").isEmpty)
        #expect(found("a:NoSchedule", "").isEmpty)
    }
}
