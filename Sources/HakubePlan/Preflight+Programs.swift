// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Preflight {
    /// kubeadm mentions their absence and goes on.
    private static let optionalPrograms: Set = ["ethtool", "socat", "ebtables", "tc"]
    /// For the network of pods and services, which an etcd host has no part in.
    private static let networkPrograms: Set = ["iptables", "conntrack"]

    /// Programs that neither the host has nor the bundle brings.
    func programFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        let files = facts.architecture.flatMap { bundle?.manifest.files(for: host.role, on: $0) } ?? []
        let brought = Set(files.map(\.stagePath))
        let unused = host.role == .etcd ? Self.networkPrograms.union(Self.optionalPrograms) : []
        let missing = facts.missingCommands.filter { !brought.contains("bin/\($0)") && !unused.contains($0) }
        let needed = missing.filter { !Self.optionalPrograms.contains($0) }
        let wished = missing.filter(Self.optionalPrograms.contains)
        var found: [Finding] = []
        if !needed.isEmpty {
            found.append(
                .error(
                    host, "these programs are missing: \(needed.joined(separator: ", "))",
                    "install them with the host's package manager, or put them into the bundle's bin folder"))
        }
        if !wished.isEmpty && !facts.hasKubeletConfig {
            found.append(
                .warning(
                    host, "these programs are missing: \(wished.joined(separator: ", "))",
                    "kubeadm goes on without them; socat serves port-forward, the others traffic rules of pods"))
        }
        return found
    }

    /// kubeadm's own lower bounds for a master. It refuses less, unless it is told to ignore that very check.
    func sizeFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        guard host.role == .master, !facts.hasKubeletConfig else { return [] }
        let bounds = [
            (has: facts.cpus, least: 2, unit: "CPUs", check: "NumCPU"),
            (has: facts.memory, least: 1700, unit: "MB of memory", check: "Mem"),
        ]
        return bounds.filter { $0.has < $0.least }.map { bound in
            let isIgnored = spec.kubeadmDocuments.contains { text in
                text.contains("ignorePreflightErrors") && text.contains(bound.check)
            }
            return Finding(
                severity: isIgnored ? .warning : .error,
                problem: Problem(
                    place: host.id.description,
                    message: "a master has \(bound.has) \(bound.unit) and kubeadm asks for \(bound.least)",
                    remedy: "give it more, or let kubeadm ignore it with ignorePreflightErrors: [\(bound.check)]"))
        }
    }

    /// What would be overwritten or fought with on a host that is in no cluster yet.
    func foreignFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        var found: [Finding] = []
        // 10281 is the guardian's own port for health and metrics; one of ours may hold it after a run that was cut off.
        let own = facts.hasGuardian ? [10250] : [10250, 10281]
        let ports = host.role == .master ? spec.endpoint.portsOnMasters + [10250, 10257, 10259] : own
        for port in spec.etcdTopology.ports(of: host.role) + ports where facts.listeningPorts.contains(port) {
            found.append(.error(host, "something listens on port \(port) already", "stop it, or take another host"))
        }
        if !facts.staticPods.isEmpty {
            found.append(
                .error(
                    host, "/etc/kubernetes/manifests holds pods of another cluster", "run 'kubeadm reset' there first"))
        }
        found += runtimeFindings(host, facts)
        for folder in facts.remains {
            found.append(
                .error(
                    host, "\(folder) holds what another cluster left",
                    "keep what you need of it, clear the host with 'kubeadm reset', then run the same command again"))
        }
        for file in facts.foreignFiles + facts.foreignCNI.map({ "/etc/cni/net.d/\($0)" }) {
            found.append(
                .warning(
                    host, "\(file) is there and is not hakube's", "it is put aside; 'hakube clean' gives it back"))
        }
        return found
    }
}
