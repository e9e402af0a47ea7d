// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Every check that can be made without touching a host, on all of them, with every finding at once.
package struct Preflight: Sendable {
    package struct Finding: Sendable, Hashable {
        package enum Severity: Sendable, Hashable {
            case error, warning
            /// An error of the bundle, not of the host.
            case bundle
        }

        package let severity: Severity
        package let problem: Problem
    }

    let spec: ClusterSpec
    let facts: [HostID: Facts]
    let bundle: BundleContents?
    /// The hosts that are made members; `nil` means all of them. Only these are looked at one by one.
    let newcomers: Set<HostID>?
    /// etcd's members, where newcomers are to join a cluster that told them.
    let members: [EtcdMember]?
    /// How an etcd that somebody else runs looked from masters that have yet to be made; `nil`: nobody looked.
    let externalEtcd: ExternalEtcdReading?

    package init(
        spec: ClusterSpec, facts: [HostID: Facts], bundle: BundleContents?, newcomers: Set<HostID>? = nil,
        members: [EtcdMember]? = nil, externalEtcd: ExternalEtcdReading? = nil
    ) {
        self.spec = spec
        self.facts = facts
        self.bundle = bundle
        self.newcomers = newcomers
        self.members = members
        self.externalEtcd = externalEtcd
    }

    /// In the order of the inventory.
    package var findings: [Finding] {
        let own = spec.hosts.filter { newcomers?.contains($0.id) ?? true }.flatMap { host in
            facts[host.id].map { findings(on: host, $0) } ?? []
        }
        return own + identityFindings + vipFindings + clusterFindings + growthFindings + standingFindings
            + etcdHostFindings + externalEtcdFindings + imageFindings + networkFindings + poolFindings
    }

    private func findings(on host: Host, _ facts: Facts) -> [Finding] {
        var found =
            machineFindings(host, facts) + kernelFindings(host, facts) + nameFindings(host, facts)
            + securityFindings(host, facts)
        let isBegun = facts.unfinished != nil || facts.etcdCluster != nil
        if !facts.isMember(as: host.role) && !isBegun { found += foreignFindings(host, facts) }
        return found
    }

    func architectureFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        guard let arches = bundle?.manifest.arches, !(facts.architecture.map(arches.contains) ?? false) else {
            return []
        }
        let names = arches.map(\.rawValue).joined(separator: ", ")
        let message = "it is a \(facts.machine) machine and the bundle is for \(names)"
        let remedy =
            facts.architecture.map { "add a bundle of the same release for \($0.rawValue) with another --bundle" }
            ?? "take a host of another architecture"
        let problem = Problem(place: host.id.description, message: message, remedy: remedy)
        return [Finding(severity: .bundle, problem: problem)]
    }

    func diskFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        let bytes = facts.architecture.flatMap { bundle?.manifest.byteCount(for: host.role, on: $0) } ?? 0
        let needed = 3 * bytes / 1_048_576
        guard facts.diskFree < needed && !facts.isMember(as: host.role) else { return [] }
        return [
            .error(
                host, "/var/lib has \(facts.diskFree) MB free and \(needed) MB are needed",
                "make room, or mount a larger disk there")
        ]
    }

    private func machineFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        var found = architectureFindings(host, facts)
        if !facts.hasSystemd {
            found.append(.error(host, "systemd does not run here", "use a host that was booted with systemd"))
        }
        // What runs long runs as a transient unit that clears itself away.
        if facts.hasSystemd && (1..<236).contains(facts.systemdRelease) {
            found.append(
                .error(
                    host, "its systemd is of release \(facts.systemdRelease), and hakube needs 236",
                    "use a newer system: Debian 10, Ubuntu 18.04, RHEL 8 or later"))
        }
        if !facts.addresses.isEmpty && !facts.addresses.contains(host.address) {
            found.append(
                .error(
                    host, "none of its interfaces has the address \(host.address)",
                    "write the address the other hosts see as its internalAddress"))
        }
        found += diskFindings(host, facts)
        return found + sizeFindings(host, facts) + programFindings(host, facts)
    }

    private func kernelFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        var found: [Finding] = []
        if facts.cgroupVersion == 1 && spec.kubernetes.isAtLeast(1, 35) {
            found.append(
                .error(
                    host, "its kernel uses cgroup v1, which the kubelet refuses from 1.35 on",
                    "boot it with systemd.unified_cgroup_hierarchy=1"))
        }
        found += endpointFindings(host, facts)
        for subnet in spec.podSubnets + spec.serviceSubnets where !facts.hasKubeletConfig {
            // What an earlier cluster's pod network left behind is in the way of nobody but itself.
            let others = Set(facts.clusterAddresses + (spec.endpoint.vip.map { [$0] } ?? []))
            for address in facts.addresses where subnet.contains(address) && !others.contains(address) {
                let name = spec.podSubnets.contains(subnet) ? "--pod-subnet" : "--service-subnet"
                found.append(
                    .error(host, "its own address \(address) lies in \(subnet)", "choose another block with \(name)"))
            }
        }
        return found
    }
}

extension Preflight.Finding {
    static func bundle(_ message: String, _ remedy: String) -> Preflight.Finding {
        Preflight.Finding(
            severity: .bundle, problem: Problem(place: "bundle", message: message, remedy: remedy))
    }

    static func error(_ host: Host, _ message: String, _ remedy: String) -> Preflight.Finding {
        Preflight.Finding(
            severity: .error, problem: Problem(place: host.id.description, message: message, remedy: remedy))
    }

    static func warning(_ host: Host, _ message: String, _ remedy: String) -> Preflight.Finding {
        Preflight.Finding(
            severity: .warning, problem: Problem(place: host.id.description, message: message, remedy: remedy))
    }
}
