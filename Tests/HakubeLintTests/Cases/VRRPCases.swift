// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    private static func keepalived(_ old: String, _ new: String) -> [String: String] {
        ["keepalived.conf": floating.replacing(old, with: new)]
    }

    static let vrrpCases = [
        RuleCase(
            .vrrpNeverFailsOver, at: "keepalived.conf:4",
            keepalived("    state BACKUP", "    nopreempt\n    state BACKUP"),
            mending: ("    nopreempt\n", "")),
        RuleCase(
            .vrrpNeverFailsOver, at: "keepalived.conf:4",
            keepalived("    state BACKUP", "    nopreempt\n    state BACKUP"),
            mending: ("    weight -50\n", "    weight 0\n")),
        RuleCase(
            .vrrpNoPreemptMaster, at: "keepalived.conf:7", also: [.vrrpNeverFailsOver],
            keepalived("    state BACKUP", "    nopreempt\n    state MASTER"), mending: ("    nopreempt\n", "")),
        RuleCase(
            .vrrpNumberRange, at: "keepalived.conf:9", keepalived("router_id 51", "router_id 256"),
            mending: ("router_id 256", "router_id 255")),
        RuleCase(
            .vrrpNumberRange, at: "keepalived.conf:10", keepalived("priority 100", "priority 300"),
            mending: ("priority 300", "priority 150")),
        RuleCase(
            .vrrpPasswordLong, at: "keepalived.conf:10",
            keepalived(
                "    virtual_router_id",
                "    authentication { auth_type PASS\n        auth_pass 123456789 }\n    virtual_router_id"),
            mending: ("123456789", "12345678")),
        RuleCase(
            .vrrpPeersEmpty, at: "keepalived.conf:11",
            keepalived("    virtual_ipaddress", "    unicast_peer\n    {\n    }\n    virtual_ipaddress"),
            mending: ("    {\n    }\n", "    {\n    10.0.0.2\n    }\n")),
        RuleCase(
            .vrrpPeerIsSelf, at: "keepalived.conf:13",
            keepalived(
                "    virtual_ipaddress",
                "    unicast_src_ip 10.0.0.1\n    unicast_peer {\n        10.0.0.1\n        10.0.0.2\n    }\n    virtual_ipaddress"
            ),
            mending: ("        10.0.0.1\n", "")),
        RuleCase(
            .vrrpScriptUntracked, at: "keepalived.conf:1", also: [.vrrpNoCheck],
            keepalived("    track_script {\n        master\n    }\n", ""),
            mending: ("    virtual_ipaddress {", "    track_script {\n        master\n    }\n    virtual_ipaddress {")),
        RuleCase(
            .vrrpScriptUnknown, at: "keepalived.conf:15", also: [.vrrpScriptUntracked],
            keepalived("        master\n", "        masters\n"), mending: ("        masters\n", "        master\n")),
        // keepalived reads a file and those that it includes as one.
        RuleCase(
            .vrrpScriptUnknown, at: "keepalived.conf:11",
            [
                "checks.conf": String(floating.prefix(upTo: instance)).replacing(
                    "vrrp_script master", with: "vrrp_script api"),
                "keepalived.conf": "include /etc/keepalived/checks.conf\n" + floating.suffix(from: instance),
            ], mending: ("vrrp_script api", "vrrp_script master")),
        RuleCase(
            .vrrpScriptUntracked, at: "keepalived.conf:1", also: [.vrrpNoCheck],
            [
                "keepalived.conf": floating.replacing("    track_script {\n        master\n    }\n", with: "")
                    + group("")
            ],
            mending: (group(""), group("    track_script {\n        master\n    }\n"))),
        RuleCase(
            .vrrpNoCheck, at: "keepalived.conf:6", also: [.vrrpScriptUntracked],
            keepalived("    track_script {\n        master\n    }\n", ""),
            mending: ("    virtual_ipaddress {", "    track_script {\n        master\n    }\n    virtual_ipaddress {")),
        RuleCase(
            .vrrpCheckShallow, at: "keepalived.conf:2",
            keepalived("/usr/local/bin/check-master", "/usr/bin/killall -0 haproxy"),
            mending: ("/usr/bin/killall -0 haproxy", "/usr/bin/curl -sfk https://127.0.0.1:6443/readyz")),
        RuleCase(
            .vrrpCheckPort, at: "keepalived.conf:2",
            ["haproxy.cfg": haproxy]
                .merging(keepalived("/usr/local/bin/check-master", "/usr/bin/curl -sfk https://127.0.0.1:8443/readyz"))
            { one, _ in one },
            mending: (":8443", ":9443")),
    ]

    private static let instance = floating.firstRange(of: "vrrp_instance")?.lowerBound ?? floating.startIndex

    private static func group(_ lines: String) -> String {
        "vrrp_sync_group all {\n    group {\n        endpoint\n    }\n\(lines)}\n"
    }

    private static let second = String(floating.suffix(from: instance)).replacing("10.0.0.100", with: "10.0.0.101")

    /// Two or three hosts' files, each with its own change to the first line that has `old`.
    private static func group(_ changes: [[(String, String)]]) -> [String: String] {
        var files: [String: String] = [:]
        for (index, change) in changes.enumerated() {
            var text = floating.replacing("priority 100", with: "priority \(110 - index * 10)")
            for (old, new) in change { text = text.replacing(old, with: new) }
            files["\(index + 1)/keepalived.conf"] = text
        }
        return files
    }

    private static func peers(_ own: Int, _ others: Int...) -> (String, String) {
        let lines = others.map { "        10.0.0.\($0)\n" }.joined()
        return (
            "    virtual_ipaddress {",
            "    unicast_src_ip 10.0.0.\(own)\n    unicast_peer {\n\(lines)    }\n    virtual_ipaddress {"
        )
    }

    static let vrrpGroupCases = [
        // 110 - 5 is above 100: the master keeps the address with a failed check.
        RuleCase(
            .vrrpNeverFailsOver, at: "1/keepalived.conf:4", group([[("weight -50", "weight -5")], []]),
            mending: ("weight -5\n", "weight -50\n")),
        // 110 is above 100 + 5, its own weight only comes on top.
        RuleCase(
            .vrrpNeverFailsOver, at: "1/keepalived.conf:4",
            group([[("weight -50", "weight 5")], [("weight -50", "weight 5")]]), mending: ("weight 5\n", "weight 11\n")),
        // 254 is the most, so 250 + 20 and 240 + 20 are the same.
        RuleCase(
            .vrrpNeverFailsOver, at: "1/keepalived.conf:4",
            group([
                [("weight -50", "weight 20"), ("priority 110", "priority 254")],
                [("weight -50", "weight 20"), ("priority 100", "priority 240")],
            ]),
            mending: ("priority 254", "priority 230"), ("priority 240", "priority 220")),
        RuleCase(
            .vrrpWeightSmall, at: "1/keepalived.conf:4", group([[("weight -50", "weight -15")], [], []]),
            mending: ("weight -15\n", "weight -50\n")),
        RuleCase(
            .vrrpPriorityTie, at: "2/keepalived.conf:10", group([[], [("priority 100", "priority 110 # tie")]]),
            mending: ("priority 110 # tie", "priority 100")),
        RuleCase(
            .vrrpTwoMasters, at: "2/keepalived.conf:7", group([[("BACKUP", "MASTER")], [("BACKUP", "MASTER")]]),
            mending: ("MASTER", "BACKUP")),
        RuleCase(
            .vrrpRouterIDShared, at: "2/keepalived.conf:9", group([[], [("10.0.0.100", "10.0.0.101")]]),
            mending: ("10.0.0.101", "10.0.0.100")),
        // Each interface of a host is on a network of its own, and hosts that call theirs alike are on the same ones.
        RuleCase(
            .vrrpRouterIDShared, at: "keepalived.conf:21", ["keepalived.conf": floating + second],
            mending: (second, second.replacing("eth0", with: "eth1"))),
        RuleCase(
            .vrrpRouterIDShared, at: "2/keepalived.conf:9", as: .warning,
            group([[], [("10.0.0.100", "10.0.0.101"), ("eth0", "ens3")]]),
            mending: ("10.0.0.101", "10.0.0.100")),
        RuleCase(
            .vrrpRouterIDDiffers, at: "2/keepalived.conf:9", group([[], [("router_id 51", "router_id 52")]]),
            mending: ("router_id 52", "router_id 51")),
        RuleCase(
            .vrrpAddressesDiffer, at: "2/keepalived.conf:12",
            group([[], [("10.0.0.100/24\n", "10.0.0.100/24\n        10.0.0.101/24\n")]]),
            mending: ("        10.0.0.101/24\n", "")),
        RuleCase(
            .vrrpPasswordsDiffer, at: "2/keepalived.conf:9",
            group([
                [("    virtual_router_id", "    authentication { auth_pass one }\n    virtual_router_id")],
                [("    virtual_router_id", "    authentication { auth_pass two }\n    virtual_router_id")],
            ]), mending: ("auth_pass two", "auth_pass one")),
        RuleCase(
            .vrrpPeerMissing, at: "1/keepalived.conf:12", group([[peers(1, 3)], [peers(2, 1, 3)]]),
            mending: (
                "unicast_src_ip 10.0.0.1\n    unicast_peer {\n",
                "unicast_src_ip 10.0.0.1\n    unicast_peer {\n        10.0.0.2\n"
            )),
    ]
}
