// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubePlan

private enum PacketFilters {
    static var canBeUsed: Bool {
        let programs = ["iptables", "ip6tables", "nft"]
        return getuid() == 0 && programs.allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/sbin/\($0)") }
    }
}

/// The packet filter's script and what takes it back, in a network namespace of its own with the kernel's real filters.
@Suite(.enabled("needs root, iptables and nft: make setup installs them") { PacketFilters.canBeUsed })
struct FirewallScriptTests {
    private let spec: ClusterSpec
    private let script: String

    init() throws {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1"], nodes: ["10.0.0.4", "10.0.0.5"], pods: ["10.244.0.0/16"])
        let fresh = PlanInput.assumingFresh(spec, bundle: nil, parallel: 1)
        var facts = fresh.facts
        for id in facts.keys { facts[id]?.firewall = .rules }
        let plan = try Planner(PlanInput(spec: spec, facts: facts, bundle: nil, parallel: 1)).initialisation()
        let file = RenderedFiles(plan).files.first {
            $0.path == HostPath.firewallScript && $0.host == spec.masters[0].id
        }
        self.spec = spec
        script = try #require(file?.text)
    }

    /// Rules of the host's own: some let in, some turn away single addresses, and what is left is turned away in four ways.
    private static let own = """
        iptables -A INPUT -i lo -j ACCEPT
        iptables -A INPUT -s 192.0.2.0/24 -j DROP
        iptables -A INPUT -j REJECT
        iptables -A INPUT -p tcp --dport 9 -j ACCEPT
        iptables -P FORWARD DROP
        nft -f - <<'RULES'
        table inet own {
          chain in {
            type filter hook input priority 5; policy drop;
            iif lo accept
            ip saddr 192.0.2.0/24 drop
          }
          chain forward {
            type filter hook forward priority 5; policy accept;
            ct state established accept
            counter reject with icmpx type admin-prohibited
            tcp dport 1 accept
          }
        }
        RULES
        """

    /// Runs `text` where `firewall` is the script, and `state` a folder like a host's.
    private func run(_ text: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "state/receipt"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try script.write(to: folder.appending(path: "firewall.sh"), atomically: true, encoding: .utf8)
        let steps = try ReceiptFiles(spec: spec).givingBack(spec.masters[0])
        for id in ["close-firewall", "give-network"] {
            let step = steps.first { $0.id == id }
            guard let step, case .run(let script) = step.action, let unless = step.unless else { continue }
            let state = "state=\(folder.path())/state\nreceipt=$state/receipt\ngiven=$state/given-back\n"
            let here = "\(state)systemctl() { :; }\n"
            for (name, script) in [(id, script), ("\(id)-is-done", unless)] {
                let text = script.text.replacing("units='containerd", with: "\(here)units='containerd")
                try "set -eu\n\(text)".write(
                    to: folder.appending(path: "\(name).sh"), atomically: true, encoding: .utf8)
            }
        }
        try """
        set -eu
        cd \(folder.path())
        firewall() { sh firewall.sh "$1"; }
        rules() { nft list ruleset 2>/dev/null | sed 's/counter packets [0-9]* bytes [0-9]*//'; }
        record() {
            for name in links routes tables sets services; do : > state/receipt/$name; done
            iptables-nft-save | awk '/^[*]/ { t = substr($0, 2) } /^:/ { print "iptables-nft", t, substr($1, 2) }' \
                > state/receipt/chains
            nft list ruleset 2>/dev/null | awk '$1 == "table" { t = $2 " " $3 } $1 == "chain" { print t, $2 }' \\
                > state/receipt/kernel-chains
            touch state/begun
        }
        \(text)
        """.write(to: folder.appending(path: "run.sh"), atomically: true, encoding: .utf8)
        let output = try LocalShell.run(Script("unshare --net sh \(folder.path())/run.sh"))
        #expect(output.status == 0, "\(output.out)")
        return output.out
    }

    @Test func `it opens right before the point that turns away, once, and closing leaves what was there`() throws {
        let out = try run(
            """
            \(Self.own)
            record
            rules > before
            if firewall check; then echo 'open before it was opened'; fi
            firewall open
            firewall check
            rules > once
            firewall open
            rules | cmp - once
            cat once
            sh close-firewall.sh
            sh give-network.sh
            rules | diff before - && echo closed
            """)
        #expect(out.hasSuffix("closed\n") && !out.contains("open before"), "\(out)")
        let lines = out.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        func place(_ text: String) throws -> Int { try #require(lines.firstIndex { $0.hasPrefix(text) }, "\(text)") }
        let ours = try place("jump HAKUBE-INPUT")
        #expect(try ours == place("reject") - 1)
        #expect(try place("ip saddr 192.0.2.0/24  drop") < ours)
        #expect(lines.contains("ip saddr 10.0.0.4 accept comment \"hakube\""))
        #expect(lines.contains("ip daddr 10.244.0.0/16 accept comment \"hakube\""))
        #expect(lines.contains("tcp dport 6443 accept comment \"hakube\""))
    }

    @Test func `a filter that lets everything in is left alone`() throws {
        let out = try run(
            """
            iptables -A INPUT -s 192.0.2.0/24 -j DROP
            rules > before
            firewall check
            firewall open
            rules | cmp before - && echo same
            """)
        #expect(out == "same\n")
    }

    @Test func `what is left after files were given back is still taken out`() throws {
        let out = try run(
            """
            \(Self.own)
            record
            touch state/given-back
            for id in close-firewall give-network; do sh $id-is-done.sh && echo "$id is done"; done
            firewall open
            for id in close-firewall give-network; do sh $id-is-done.sh || sh $id.sh; done
            for id in close-firewall give-network; do sh $id-is-done.sh && echo "$id is done"; done
            """)
        let done = "close-firewall is done\ngive-network is done\n"
        #expect(out == done + done)
    }

    @Test func `chains of Kubernetes and of pod networks go, others and their rules stay`() throws {
        let out = try run(
            """
            iptables -t nat -N OWN
            iptables -t nat -A POSTROUTING -s 198.51.100.0/24 -j OWN
            iptables -A INPUT -m comment --comment 'about KUBE-SERVICES -j KUBE-X' -j ACCEPT
            record
            rules > before
            for chain in KUBE-SERVICES KUBE-MARK-MASQ CNI-HOSTPORT-DNAT cali-x; do iptables -t nat -N $chain; done
            iptables -t nat -I PREROUTING -m comment --comment 'kubernetes service portals' -j KUBE-SERVICES
            iptables -t nat -A KUBE-SERVICES -j KUBE-MARK-MASQ
            iptables -t nat -A POSTROUTING -m comment --comment 'hakube pod network' -s 10.244.0.0/16 -j MASQUERADE
            iptables -t mangle -N KUBE-KUBELET-CANARY
            ip6tables -t nat -N KUBE-SERVICES
            ip link add cni0 type bridge
            ip link add own0 type bridge
            sh give-network.sh
            rules | cmp - before
            ip -o link | grep -c -e own0
            ip -o link | grep -c -e cni0 || true
            nft list tables | sort
            nft list chain ip nat OWN > /dev/null
            nft list chain ip nat POSTROUTING | grep -c jump
            iptables -S INPUT | grep -c about
            """)
        let lines = out.split(separator: "\n").map(String.init)
        #expect(lines == ["1", "0", "table ip filter", "table ip nat", "1", "1"], "\(out)")
    }
}
