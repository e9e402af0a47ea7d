// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// Counts every frame that a lab's hosts put on their bridge, by where it is meant to go.
///
/// The rules stand in the bridge's own network namespace, ahead of its forwarding: a host has no other way out, and what nobody
/// answers is counted like everything else.
struct LabWatch: Sendable {
    let lab: Lab
    let vip: String

    /// What a host may send, each kind named as narrowly as it can be. Whatever is none of these is a way out.
    enum Kind: String, CaseIterable {
        /// IPv4 to a host of the lab; ARP for one of them or for the operator's machine.
        case hosts, asked
        /// TCP to the operator's machine from port 22: what sshd answers.
        case ssh
        /// ICMP echo to the VIP: hakube asks, before it changes anything, whether somebody has that address. The guardian's later
        /// use of it stays within each worker.
        case probe
        /// Neighbour discovery and listener reports of IPv6, which every kernel sends for an interface that is up. Scope and hop
        /// limit (1, or 255 that is refused when it is less) keep them on the link: RFC 4291 2.7, 4861 and 3810.
        case neighbours
        /// Anything else to the operator's machine, such as a question to the name server that resolv.conf names there.
        case operatorOther
        /// IPv4 and IPv6 to anybody else, pods' and services' addresses included.
        case outside, outside6
        /// ARP for anybody else.
        case askedOutside
        /// Frames of other protocols.
        case other

        static let harmless: Set<Kind> = [.hosts, .asked, .ssh, .probe, .neighbours]
    }

    /// Begins to count, from zero.
    func start() async throws {
        let file = Lab.folder.appending(path: "\(lab.name)/watch.nft")
        try rules.write(to: file, atomically: true, encoding: .utf8)
        let run = try await nft("-f", file.path())
        try #require(run.status == 0, "\(run.err)")
    }

    /// Frames so far, by kind. The counters move while they are read, one after the other: `frames` says how many there
    /// were before and after, and the kinds together lie between.
    func counts() async throws -> (frames: ClosedRange<Int>, kinds: [Kind: Int]) {
        let before = try await counters()["frames"] ?? 0
        let named = try await counters()
        let after = try await counters()["frames"] ?? 0
        let kinds = Kind.allCases.compactMap { kind in named[kind.rawValue].map { (kind, $0) } }
        return (before...max(before, after), Dictionary(uniqueKeysWithValues: kinds))
    }

    private func counters() async throws -> [String: Int] {
        var found: [String: Int] = [:]
        for object in try await objects("counter") {
            guard let name = object["name"] as? String else { continue }
            found[name] = object["packets"] as? Int
        }
        return found
    }

    /// Who sent what to whom of all that is no harm, for the sentence of a failed test.
    func strangers() async throws -> [String] {
        try await objects("set").filter { $0["name"] as? String != "members" }.flatMap { set in
            (set["elem"] as? [Any] ?? []).map { "\($0)" }
        }
    }

    private func objects(_ kind: String) async throws -> [[String: Any]] {
        let run = try await nft("-j", "list", "table", "bridge", "watch")
        try #require(run.status == 0, "\(run.err)")
        let whole = try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [String: Any]
        return (whole?["nftables"] as? [[String: Any]] ?? []).compactMap { $0[kind] as? [String: Any] }
    }

    private func nft(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun.run("/usr/sbin/ip", ["netns", "exec", "lab-\(lab.name)", "/usr/sbin/nft"] + arguments)
    }

    private var rules: String {
        let members = lab.hosts.map { lab.address($0.name) }.joined(separator: ", ")
        let counters = (Kind.allCases.map(\.rawValue) + ["frames"]).map { "    counter \($0) {}" }
        let dynamic = "flags dynamic; size 4096; counter;"
        // The ports of hosts are named h and their last byte, the operator's is the uplink.
        return """
            table bridge watch
            delete table bridge watch
            table bridge watch {
                set members { type ipv4_addr; elements = { \(members) }; }
                set addresses { type ipv4_addr . ipv4_addr . inet_proto; \(dynamic) }
                set ports { type ipv4_addr . ipv4_addr . inet_proto . inet_service; \(dynamic) }
                set questions { type ipv4_addr . ipv4_addr; \(dynamic) }
                set frames6 { type ipv6_addr . ipv6_addr; \(dynamic) }
                set cards { type ether_addr . ether_addr . ether_type; \(dynamic) }
            \(counters.joined(separator: "\n"))
                chain watch {
                    type filter hook prerouting priority -300; policy accept;
                    iifname != "h*" return
                    counter name frames
                    ether type arp goto questions4
                    ether type ip goto packets4
                    ether type ip6 goto packets6
                    counter name other update @cards { ether saddr . ether daddr . ether type }
                }
                chain questions4 {
                    arp daddr ip { \(members), \(lab.network).1 } counter name asked return
                    counter name askedOutside update @questions { arp saddr ip . arp daddr ip }
                }
                chain packets4 {
                    ip daddr @members counter name hosts return
                    ip daddr \(lab.network).1 tcp sport 22 counter name ssh return
                    ip daddr \(vip) icmp type echo-request counter name probe return
                    ip daddr \(lab.network).1 counter name operatorOther goto named
                    counter name outside goto named
                }
                chain named {
                    ip protocol { tcp, udp } update @ports { ip saddr . ip daddr . ip protocol . th dport } return
                    update @addresses { ip saddr . ip daddr . ip protocol }
                }
                chain packets6 {
                    ip6 daddr { ff02::/16, fe80::/10 } ip6 hoplimit 255 icmpv6 type { nd-router-solicit, \
            nd-neighbor-solicit, nd-neighbor-advert } counter name neighbours return
                    ip6 daddr ff02::16 ip6 hoplimit 1 counter name neighbours return
                    counter name outside6 update @frames6 { ip6 saddr . ip6 daddr }
                }
            }

            """
    }
}
