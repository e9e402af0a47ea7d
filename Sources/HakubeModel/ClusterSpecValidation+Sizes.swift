// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Limits that kubeadm and kube-controller-manager put on blocks.
extension ClusterSpecValidation {
    /// Every node gets a block of its own out of the pod subnet: /24 of IPv4, /64 of IPv6 unless set otherwise.
    mutating func checkPodSizes(_ pods: [Placed<CIDR>], hosts: [PlacedHost]) {
        for block in pods {
            let family = block.value.base.family
            guard let mask = nodeMask(family, dual: pods.count == 2) else { continue }
            let bits = mask - block.value.prefix
            let count = max(1, hosts.count { $0.host.role != .etcd })
            // kubeadm: constants.PodSubnetNodeMaskMaxDiff.
            if bits > 16 {
                refuse(
                    block.place, "the pod subnet \(block.title) is larger than kubeadm takes with /\(mask) a node",
                    "write a prefix length of /\(mask - 16) or more")
            } else if bits < 0 || 1 << bits < count {
                var needed = 0
                while 1 << needed < count { needed += 1 }
                let room = bits < 0 ? 0 : 1 << bits
                let place = block.place.isEmpty ? hosts.last?.place ?? "" : block.place
                refuse(
                    place,
                    "the pod subnet \(block.title) has room for \(room) nodes with /\(mask) each, not for \(count)",
                    "write a prefix length of /\(mask - needed) or less")
            }
        }
    }

    /// `nil`: the user has taken the allocation out of the controller manager's hands.
    private func nodeMask(_ family: IPAddress.Family, dual: Bool) -> Int? {
        let configuration = inventory.kubeadm.first { $0.kind.value == "ClusterConfiguration" }
        func argument(_ name: String) -> String? { configuration?["controllerManager.extraArgs.\(name)"]?.value }
        if argument("allocate-node-cidrs") == "false" { return nil }
        let own = argument("node-cidr-mask-size-\(family == .v4 ? "ipv4" : "ipv6")")
        let common = dual ? nil : argument("node-cidr-mask-size")
        let size = (own ?? common).flatMap { Int($0) }.flatMap { (1...family.bits).contains($0) ? $0 : nil }
        return size ?? (family == .v4 ? 24 : 64)
    }

    /// kubeadm takes 20 bits of service addresses at most, and the DNS service has the tenth address.
    mutating func checkServiceSizes(_ services: [Placed<CIDR>]) {
        for block in services {
            let bits = block.value.base.family.bits
            let free = bits - block.value.prefix
            if free > 20 {
                refuse(
                    block.place, "the service subnet \(block.title) is larger than Kubernetes takes",
                    "write a prefix length of /\(bits - 20) or more")
            } else if free < 4 {
                refuse(
                    block.place, "the service subnet \(block.title) is too small for the cluster's own services",
                    "write a prefix length of /\(bits - 4) or less")
            }
        }
    }
}
