// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Preflight {
    /// Hosts that cannot be told apart: Kubernetes knows a node by its name, CNI and DHCP by the machine's identity.
    var identityFindings: [Finding] {
        doubles("is the host name of", "give each host a name of its own, or set 'name' in the inventory") {
            host, facts in
            // A member that cannot be asked keeps its name all the same.
            host.name ?? facts?.hostname.lowercased() ?? ""
        }
            + doubles("is the machine-id of", "make new ones with 'systemd-machine-id-setup' on the cloned hosts") {
                $1?.machineID ?? ""
            } + sharedBoards + illegalNames
    }

    /// Containers of one machine share it, and work all the same.
    private var sharedBoards: [Finding] {
        doubles("is the product_uuid of", "give virtual machines their own; some pod networks tell hosts apart by it") {
            $1?.productUUID.lowercased() ?? ""
        }.map { Finding(severity: .warning, problem: $0.problem) }
    }

    private func doubles(_ words: String, _ remedy: String, _ key: (Host, Facts?) -> String) -> [Finding] {
        var owners: [String: [Host]] = [:]
        for host in spec.hosts {
            let value = key(host, facts[host.id])
            if !value.isEmpty { owners[value, default: []].append(host) }
        }
        return owners.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { value, hosts in
            let names = hosts.map(\.id.description).joined(separator: " and ")
            return .error(hosts[0], "\(value) \(words) \(names)", remedy)
        }
    }

    private var illegalNames: [Finding] {
        spec.hosts.compactMap { host -> Finding? in
            guard let facts = facts[host.id], host.name == nil else { return nil }
            let name = facts.hostname
            guard !Naming.isDNSName(name.lowercased()) else { return nil }
            return .error(host, "its host name '\(name)' cannot be a node's name", "set 'name' in the inventory")
        }
    }

    /// What can be wrong between hosts.
    var clusterFindings: [Finding] { clockFindings + membershipFindings }

    /// Seconds; reading the clocks over a slow connection takes its part of it.
    private static let clockTolerance = 5

    /// Certificates are valid from the moment they are made: a host behind that moment refuses them.
    private var clockFindings: [Finding] {
        let skews = spec.hosts.compactMap { host in
            facts[host.id].map { (host: host, skew: $0.clock - $0.operatorClock) }
        }
        let sorted = skews.map(\.skew).sorted()
        guard !sorted.isEmpty else { return [] }
        let median = sorted[sorted.count / 2]
        return skews.filter { abs($0.skew - median) > Self.clockTolerance }.map { host, skew in
            .error(host, "its clock differs by \(abs(skew - median)) s from the other hosts'", "set it, best by NTP")
        }
    }

    /// Hosts of a cluster that is not this one, and a cluster that does not answer.
    private var membershipFindings: [Finding] {
        let members = spec.hosts.filter { facts[$0.id]?.hasKubeletConfig == true && facts[$0.id]?.unfinished == nil }
        let serving = spec.masters.filter { facts[$0.id]?.serves == true }
        guard !members.isEmpty else { return [] }
        guard let lead = serving.first else {
            return members.map {
                .error(
                    $0, "it belongs to a cluster already, and no master of the inventory answers",
                    "start that cluster's masters, or clear the host with 'kubeadm reset'")
            }
        }
        let digest = facts[lead.id]?.clusterCADigest
        return members.filter { facts[$0.id]?.clusterCADigest != digest }.map { host in
            let names = clusters(of: host).filter { $0 != spec.name }
            let other = names.isEmpty ? "another cluster" : "the cluster \(names.joined(separator: " and "))"
            return .error(
                host, "it belongs to \(other), not to that of \(lead.id)",
                "remove it there with 'hakube clean', or leave it out")
        }
    }

    /// Clusters that hakube has begun to put this host into, by its blocks in /etc/hosts.
    ///
    /// A host of etcd's own has no block, but a configuration that names its cluster.
    func clusters(of host: Host) -> [String] {
        ManagedBlock.names(in: facts[host.id]?.hosts ?? "") + [facts[host.id]?.etcdCluster].compactMap { $0 }
    }
}
