// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Every check that can be made without touching a host, on all of them, with every finding at once.
package struct Preflight: Sendable {
    package struct Finding: Sendable, Hashable {
        package enum Severity: Sendable, Hashable { case error, warning }

        package let severity: Severity
        package let problem: Problem
    }

    let spec: ClusterSpec
    let facts: [HostID: Facts]
    let bundle: BundleContents?

    package init(spec: ClusterSpec, facts: [HostID: Facts], bundle: BundleContents?) {
        self.spec = spec
        self.facts = facts
        self.bundle = bundle
    }

    /// In the order of the inventory.
    package var findings: [Finding] {
        let own = spec.hosts.flatMap { host in
            facts[host.id].map { findings(on: host, $0) } ?? []
        }
        return own + identityFindings + clusterFindings
    }

    private func findings(on host: Host, _ facts: Facts) -> [Finding] {
        var found = machineFindings(host, facts) + kernelFindings(host, facts)
        if !facts.hasKubeletConfig && facts.unfinished == nil { found += foreignFindings(host, facts) }
        return found
    }

    private func machineFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        var found: [Finding] = []
        if let arch = bundle?.manifest.arch, facts.architecture != arch {
            found.append(
                .error(host, "it is a \(facts.machine) machine and the bundle is for \(arch.rawValue)",
                    "use a bundle for \(facts.architecture?.rawValue ?? facts.machine)"))
        }
        if !facts.hasSystemd {
            found.append(.error(host, "systemd does not run here", "use a host that was booted with systemd"))
        }
        if !facts.missingCommands.isEmpty {
            found.append(
                .error(host, "these programs are missing: \(facts.missingCommands.joined(separator: ", "))",
                    "install them with the host's package manager"))
        }
        if !facts.addresses.isEmpty && !facts.addresses.contains(host.address) {
            found.append(
                .error(host, "none of its interfaces has the address \(host.address)",
                    "write the address the other hosts see as its internalAddress"))
        }
        if host.role == .master && (facts.cpus < 2 || facts.memory < 1700) {
            found.append(
                .error(host, "a master with \(facts.cpus) CPUs and \(facts.memory) MB of memory is refused by kubeadm",
                    "give it at least 2 CPUs and 1700 MB"))
        }
        let needed = 3 * (bundle?.manifest.byteCount(for: host.role) ?? 0) / 1_048_576
        if facts.diskFree < needed && !facts.hasKubeletConfig {
            found.append(
                .error(host, "/var/lib has \(facts.diskFree) MB free and \(needed) MB are needed",
                    "make room, or mount a larger disk there"))
        }
        return found
    }

    private func kernelFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        var found: [Finding] = []
        if facts.cgroupVersion == 1 && spec.kubernetes.isAtLeast(1, 35) {
            found.append(
                .error(host, "its kernel uses cgroup v1, which the kubelet refuses from 1.35 on",
                    "boot it with systemd.unified_cgroup_hierarchy=1"))
        }
        if facts.vipAnswers == true {
            found.append(
                .error(host, "something answers at the VIP \(spec.endpoint.vip) already",
                    "find out what it is, or choose a free address with --vip"))
        }
        if facts.addresses.contains(spec.endpoint.vip) && facts.vipAnswers != false {
            found.append(
                .error(host, "the VIP \(spec.endpoint.vip) stands on one of its interfaces", "choose another with --vip"))
        }
        for subnet in spec.podSubnets + spec.serviceSubnets where !facts.hasKubeletConfig {
            for address in facts.addresses where subnet.contains(address) && address != host.address {
                let name = spec.podSubnets.contains(subnet) ? "--pod-subnet" : "--service-subnet"
                found.append(
                    .error(host, "its own address \(address) lies in \(subnet)", "choose another block with \(name)"))
            }
        }
        return found
    }

    /// What would be overwritten or fought with on a host that is in no cluster yet.
    private func foreignFindings(_ host: Host, _ facts: Facts) -> [Finding] {
        var found: [Finding] = []
        let ports = host.role == .master ? [spec.endpoint.port, 2379, 2380, 10250, 10257, 10259] : [10250]
        for port in ports where facts.listeningPorts.contains(port) {
            found.append(.error(host, "something listens on port \(port) already", "stop it, or take another host"))
        }
        if !facts.staticPods.isEmpty {
            found.append(
                .error(host, "/etc/kubernetes/manifests holds pods of another cluster", "run 'kubeadm reset' there first"))
        }
        if let runtime = facts.foreignRuntime {
            found.append(
                .error(host, "\(runtime) runs here and is not hakube's",
                    "stop and disable it, or take another host; hakube replaces nobody's runtime"))
        }
        for file in facts.foreignFiles {
            found.append(
                .error(host, "\(file) is there and is not hakube's", "move it away; hakube overwrites nobody's file"))
        }
        for file in facts.foreignCNI {
            found.append(.error(host, "/etc/cni/net.d/\(file) is there and is not hakube's", "move it away"))
        }
        return found
    }
}

extension Preflight.Finding {
    static func error(_ host: Host, _ message: String, _ remedy: String) -> Preflight.Finding {
        Preflight.Finding(
            severity: .error, problem: Problem(place: host.id.description, message: message, remedy: remedy))
    }

    static func warning(_ host: Host, _ message: String, _ remedy: String) -> Preflight.Finding {
        Preflight.Finding(
            severity: .warning, problem: Problem(place: host.id.description, message: message, remedy: remedy))
    }
}
