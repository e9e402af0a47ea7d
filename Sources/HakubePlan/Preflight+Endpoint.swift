// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What the endpoint's strategy asks of the hosts and of the bundle.
extension Preflight {
    /// Asked only while nobody of ours holds the VIP: in a cluster that runs it answers, by right.
    var vipFindings: [Finding] {
        guard let vip = spec.endpoint.vip, !spec.hosts.contains(where: holdsVIP) else { return [] }
        let isStanding = spec.endpoint.floating != nil && spec.masters.contains { facts[$0.id]?.serves == true }
        return isStanding ? [] : strangers(at: vip)
    }

    /// Who answers at an address that none of ours has; said once for all hosts.
    func strangers(at vip: IPAddress) -> [Finding] {
        spec.hosts.filter { facts[$0.id]?.vipAnswers == true }.prefix(1).map { host in
            .error(
                host, "something answers at the VIP \(vip) already",
                "find out what it is, or choose a free address with --vip")
        }
    }

    /// The host runs something of ours that may have the VIP.
    private func holdsVIP(_ host: Host) -> Bool {
        guard let facts = facts[host.id] else { return false }
        return facts.hasGuardian || !facts.staticPods.isDisjoint(with: [KeepalivedPod.name, KubeVIPStrategy.name])
    }

    func endpointFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        guard let vip = spec.endpoint.vip else {
            return host.role == .etcd ? [] : nameFindings(host, resolved: facts.endpointAddresses)
        }
        var found: [Finding] = []
        if facts.addresses.contains(vip) && !holdsVIP(host) {
            found.append(.error(host, "the VIP \(vip) stands on one of its interfaces", "choose another with --vip"))
        }
        if host.role == .master, let floating = spec.endpoint.floating {
            found += floatingFindings(host, facts, floating)
        }
        return found
    }

    private func floatingFindings(_ host: Host, _ facts: Facts, _ floating: FloatingAddress) -> [Finding] {
        let names = Set(facts.interfaces.map(\.name))
        guard !names.isEmpty else { return [] }
        if let wanted = floating.interface, !names.contains(wanted) {
            return [
                .error(
                    host, "it has no interface \(wanted) with an address, for the VIP \(floating.address)",
                    "leave endpoint.interface out to take the one that has \(host.address)")
            ]
        }
        if case .kubeVIP(_, .bgp) = spec.endpoint.strategy { return [] }
        let own = facts.interfaces.filter { interface in
            floating.interface.map { $0 == interface.name } ?? (interface.address == host.address)
        }
        let networks = own.compactMap(\.network)
        guard !networks.isEmpty, !networks.contains(where: { $0.contains(floating.address) }) else { return [] }
        return [
            .error(
                host,
                "the VIP \(floating.address) is not of the network \(networks[0]), in which it would be announced",
                "choose a free address of that network with --vip")
        ]
    }

    /// What an external endpoint's name means: a balancer's address, or the masters' own by round robin.
    private func nameFindings(_ host: Host, resolved: [IPAddress]) -> [Finding] {
        let name = spec.endpoint.name
        if let address = IPAddress(name) { return addressFindings(host, address) }
        guard facts[host.id]?.addresses.isEmpty == false else { return [] }
        guard !resolved.isEmpty else {
            return [
                .error(
                    host, "it cannot resolve the endpoint's name \(name)",
                    "let the hosts' DNS or /etc/hosts know it; hakube writes neither for an external endpoint")
            ]
        }
        let masters = Set(spec.masters.map(\.address))
        let ours = resolved.filter(masters.contains)
        let others = resolved.filter { !masters.contains($0) }
        // Said once for all hosts, since all should see the same.
        let isFirst =
            spec.hosts.first {
                (newcomers?.contains($0.id) ?? true) && facts[$0.id]?.endpointAddresses.isEmpty == false
            }?.id == host.id
        if ours.isEmpty { return [] }
        if !others.isEmpty {
            let words = others.map(\.description).joined(separator: ", ")
            return [
                .error(
                    host, "\(name) means masters and also \(words), which is none",
                    "let it mean masters only, or a load balancer only")
            ]
        }
        guard isFirst else { return [] }
        // In a cluster that stands: whoever asks by name meets those as often as the others.
        let dead = spec.masters.filter { master in
            ours.contains(master.address)
                && facts[master.id].map { $0.hasKubeletConfig && !$0.serves } ?? (newcomers != nil)
        }
        if !dead.isEmpty, spec.masters.contains(where: { facts[$0.id]?.serves == true }) {
            let words = dead.map(\.id.description).joined(separator: ", ")
            return [
                .error(
                    host, "\(name) means also \(words), whose API server does not answer",
                    "bring it back, or take its record out of DNS")
            ]
        }
        return [
            .warning(
                host,
                masters.count == ours.count
                    ? "\(name) means the masters themselves by DNS, which goes on to name one that is down"
                    : "\(name) means \(ours.map(\.description).joined(separator: ", ")) and not the other masters",
                "a load balancer with health checks costs no request when a master fails; 'hakube render' makes a haproxy.cfg"
            )
        ]
    }

    /// An external endpoint that is one master's own address; said once for all hosts.
    private func addressFindings(_ host: Host, _ address: IPAddress) -> [Finding] {
        let first = spec.hosts.first { $0.role != .etcd && (newcomers?.contains($0.id) ?? true) }
        let isMasters = spec.masters.contains { $0.address == address || IPAddress($0.sshAddress) == address }
        guard host.id == first?.id, isMasters, spec.masters.count > 1 else { return [] }
        return [
            .warning(
                host,
                "the endpoint \(address) is the address of one of \(spec.masters.count) masters, and ends with that host",
                "name a load balancer in front of all of them, or choose another --strategy")
        ]
    }

    /// Images of programs that the strategy runs on masters.
    func strategyFindings(_ manifest: BundleManifest, _ arch: Architecture) -> [Finding] {
        guard spec.masters.contains(where: { facts[$0.id]?.architecture == arch }) else { return [] }
        var found: [Finding] = []
        let programs = manifest.files(for: .master, on: arch).map(\.stagePath)
        if spec.endpoint.kind.images.contains(.keepalived) && !programs.contains("bin/hakube-guardian") {
            found.append(
                .bundle(
                    "it has no bin/hakube-guardian for masters on \(arch.rawValue), by which keepalived looks at them",
                    "make the bundle with 'hakube bundle build --ha \(spec.endpoint.kind.rawValue)'"))
        }
        found += spec.endpoint.kind.images.filter { $0.name(in: manifest, on: arch) == nil }.map { image in
            .bundle(
                "it has no image \(image.lastPart) for \(arch.rawValue), which the endpoint strategy "
                    + "\(spec.endpoint.kind.rawValue) runs on masters",
                "make the bundle with that image ('hakube bundle build --ha'), or choose another --strategy")
        }
        return found
    }
}

extension Endpoint.Strategy.Kind {
    /// What masters run for it besides kubeadm's own.
    package var images: [StrategyImage] {
        switch self {
        case .guardian, .external: []
        case .kubeVIP: [.kubeVIP]
        case .keepalived: [.keepalived]
        case .haproxyKeepalived: [.haproxy, .keepalived]
        }
    }
}
