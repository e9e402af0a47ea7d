// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// RKE's cluster.yml.
extension Examination {
    mutating func checkRKE(_ cluster: RKECluster) {
        checkTLS(cluster)
        checkSecrets(cluster)
        checkNodes(cluster)
        checkServiceRanges(cluster)
    }

    private mutating func checkTLS(_ cluster: RKECluster) {
        guard let protocols = cluster.tree.at("ingress.options")?["ssl-protocols"]?.found else { return }
        let weak = protocols.value.words.filter { ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"].contains($0) }
        guard !weak.isEmpty else { return }
        report(
            .rkeWeakTLS, at: protocols.place,
            "the ingress offers \(weak.inWords), which clients refuse and attackers read",
            "write TLSv1.2 TLSv1.3")
    }

    private mutating func checkSecrets(_ cluster: RKECluster) {
        for registry in cluster.tree["private_registries"]?.items ?? [] {
            let url = registry["url"]?.found
            let isInURL = url?.value.contains(/:[^\/@]+@/) ?? false
            let password = registry["password"]?.found.flatMap { $0.value.isEmpty ? nil : $0 }
            guard let place = password?.place ?? (isInURL ? url?.place : nil) else { continue }
            // What stands before an @ is somebody's name and password.
            let shown = url?.value.split(separator: "@").last ?? ""
            report(
                .rkePassword, at: place,
                "the password of the registry \(shown) stands in the file in clear",
                "keep the file at mode 0600 and out of repositories, or give it at the run")
        }
    }

    private mutating func checkNodes(_ cluster: RKECluster) {
        var addresses: [String: Place] = [:]
        var names: [String: Place] = [:]
        for node in cluster.nodes {
            let address = node.address
            if let first = addresses[address.value] {
                report(
                    .rkeHostTwice, at: address.place, "\(address.value) is the host of line \(first.line) already",
                    "list each host once, with all its roles")
            }
            addresses[address.value] = addresses[address.value] ?? address.place
            guard let name = node.name else { continue }
            if let first = names[name], addresses[address.value] == address.place {
                report(
                    .rkeHostTwice, at: address.place,
                    "\(address.value) is to be called \(name), as the host of line \(first.line) is",
                    "give each host its own hostname_override")
            }
            names[name] = names[name] ?? address.place
        }
    }

    private mutating func checkServiceRanges(_ cluster: RKECluster) {
        guard let ours = cluster.setting("kube-controller", "service_cluster_ip_range"),
            let theirs = cluster.setting("kube-api", "service_cluster_ip_range"), ours.value != theirs.value
        else { return }
        report(
            .rkeRangesDiffer, at: ours.place,
            "service_cluster_ip_range is \(ours.value) here and \(theirs.value) for kube-api (line \(theirs.place.line))",
            "write the same range in both")
    }
}
