// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// All that can be seen of a lab host, most of it from outside, as lines that two moments can be compared by.
struct LabTrace {
    let lines: Set<String>

    /// What differs although nothing of hakube's is left; docs/clean.md lists the same.
    private static let exceptions = [
        // The journal, and what systemd and the login leave by themselves.
        "file var/log/journal", "file var/lib/systemd", "file var/log/wtmp", "file var/log/lastlog",
        "file var/log/btmp",
        "file var/cache", "file var/tmp", "file etc/.pwd.lock", "file root/.ssh",
        // A containerd that was stopped and started again wrote to its databases.
        "file var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db",
        "file var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/metadata.db",
        // Built-in chains that iptables made in tables the host had already, and that let everything pass: without nft on the
        // host nobody can tell whether they were there.
        "nft \tchain FORWARD {", "nft \tchain INPUT {", "nft \tchain OUTPUT {", "nft \tchain PREROUTING {",
        "nft \tchain POSTROUTING {", "nft \t\ttype filter hook forward priority filter; policy accept",
        "nft \t\ttype filter hook output priority filter; policy accept",
        "nft \t\ttype nat hook output priority -100; policy accept",
        "nft \t\ttype nat hook prerouting priority dstnat; policy accept",
        // A mark that the network is up, which the kubelet's unit asked for.
        "unit network-online.target",
    ]

    init(of host: String, in lab: Lab) async throws {
        let files = try await ProgramRun.run(
            "/bin/sh", ["-euc", Self.outside, "sh", "lab-\(lab.name)-\(host)", try await lab.processNumber(of: host)])
        try #require(files.status == 0, "\(files.err)")
        let inside = try await lab.on(host, Self.inside)
        try #require(inside.status == 0, "\(inside.err)")
        let all = (files.out + inside.out).split(separator: "\n").map(String.init)
        lines = Set(all.filter { line in !Self.exceptions.contains { line.hasPrefix($0) } })
    }

    /// Whether a line of `differences` tells of something that a restart of the host takes away by itself, or not.
    static func outlivesBoot(_ difference: String) -> Bool {
        // The lab gives a host that starts a new cable, whose other end has another number.
        guard !difference.contains("link eth0@") else { return false }
        let kinds = ["file ", "folder ", "link ", "route ", "nft ", "unitfile ", "ipset ", "ipvs ", "process "]
        return kinds.contains { difference.dropFirst(2).hasPrefix($0) }
    }

    /// What stands in one and not in the other, as a reader of a failed test wants it.
    func differences(from before: LabTrace) -> [String] {
        lines.subtracting(before.lines).map { "+ \($0)" }.sorted()
            + before.lines.subtracting(lines).map { "- \($0)" }.sorted()
    }

    /// File system, network and packet filters. Folders' times change with what was in them for a while; counters count.
    private static let outside = #"""
        cd "/proc/$2/root"
        tops="etc home opt root srv usr var"
        find $tops -xdev ! -type d -printf 'file %p %y %m %U:%G %s %T@ %l\n'
        find $tops -xdev -type d -printf 'folder %p %m %U:%G\n'
        find $tops -xdev -type f -exec sha256sum {} + | sed 's/^\([0-9a-f]*\)  \(.*\)/file \2 \1/'
        find run ! -path 'run/systemd/*' ! -path 'run/user*' ! -path 'run/log*' ! -path 'run/udev*' ! -name '*.pid'             -printf 'run %p %y\n'
        network=$1
        # The kernel looks for a second whether anybody has an IPv6 address already, and makes its route then.
        tries=0
        while [ -n "$(ip -n "$network" -6 -o addr show tentative)" ] && [ $tries -lt 50 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
        ip -n "$network" -o link | sed 's/^[0-9]*: /link /'
        ip -n "$network" route show table all | sed 's/^/route /'
        ip -n "$network" -6 route show table all | sed 's/^/route /; s/ expires [0-9]*sec//'
        ip -n "$network" rule | sed 's/^/rule /'
        ip netns exec "$network" nft list ruleset | sed 's/ counter packets [0-9]* bytes [0-9]*//; s/^/nft /'
        """#

    private static let inside = """
        systemctl list-unit-files --no-legend --plain | awk '{ print "unitfile", $1, $2 }'
        systemctl list-units --all --no-legend --plain --type=service,socket,target,slice |
            awk '{ print "unit", $1, $2, $3 }' | grep -vE 'session-|user|systemd-|apt|dpkg|logrotate|e2scrub|fstrim|ssh@|getty'
        { grep -rs '' /proc/sys/net /proc/sys/vm /proc/sys/kernel /proc/sys/fs || :; } |
            grep -vE 'random/|conntrack_count|buckets|file-nr|inode|dentry|ns_last_pid|pty/nr|sched_|/neigh/|perf_|tainted|usermodehelper|quota/' |
            sed 's/^/sysctl /'
        { cat /proc/modules 2>/dev/null || :; } | awk '{ print "module", $1 }'
        { cat /proc/net/ip_vs 2>/dev/null || :; } | sed 1d | sed 's/^/ipvs /'
        sed 's/^/swap /' /proc/swaps
        { ipset list -n 2>/dev/null || :; } | sed 's/^/ipset /'
        awk '{ print "mount", $2, $3 }' /proc/mounts
        find /sys/fs/cgroup -path '*kube*' | sed 's/^/cgroup /'
        { ps -eo comm= | grep -E '^(kube|etcd|containerd|hakube|runc|coredns|pause)' || :; } | sed 's/^/process /'
        """
}

extension Lab {
    /// The host's PID 1 as this machine numbers it.
    func processNumber(of host: String) async throws -> String {
        let list = try await script("list").out
        let line = list.split(separator: "\n").first { $0.hasPrefix("\(host) ") }
        return try #require(line?.split(separator: " ").dropLast().last.map(String.init), "\(list)")
    }
}
