// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    /// `nil`: kubeadm's DNS stays as kubeadm makes it.
    mutating func dns(masters: [PlacedHost]) -> ClusterDNS? {
        var replicas: ClusterDNS.Replicas?
        if let written = inventory.dnsReplicas {
            replicas = ClusterDNS.Replicas(written.value)
            if replicas == nil {
                refuse(
                    written.place, "`\(written.value)` is no number of DNS servers",
                    "write masters, or a number from 1 to \(ClusterDNS.maximum)")
            }
        }
        if let written = inventory.dnsPlace {
            if written.value == "masters" {
                checkTolerance(written, masters)
            } else {
                refuse(
                    written.place, "DNS servers cannot be kept on `\(written.value)`",
                    "write masters, or leave `on` out")
            }
        }
        guard inventory.dnsReplicas != nil || inventory.dnsPlace != nil else { return nil }
        return ClusterDNS(replicas: replicas, isOnMasters: inventory.dnsPlace != nil)
    }

    /// kubeadm's own manifest of CoreDNS tolerates these, and hakube adds nothing to it.
    private static let tolerated: Set<String> = [
        "CriticalAddonsOnly", "node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master",
    ]

    private mutating func checkTolerance(_ written: Placed<String>, _ masters: [PlacedHost]) {
        let obstacles = masters.map { placed in
            placed.host.taints?.first { $0.effect != .preferNoSchedule && !Self.tolerated.contains($0.key) }
        }
        guard let first = obstacles.first ?? nil, obstacles.allSatisfy({ $0 != nil }) else { return }
        refuse(
            written.place, "every master has a taint that keeps CoreDNS away, such as \(first)",
            "leave `on` out, or one master without such a taint")
    }
}
