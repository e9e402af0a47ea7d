// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    /// Pod and service blocks and the DNS domain; `nil` if a block cannot be read.
    mutating func network(hosts: [PlacedHost], kubernetes: KubernetesVersion?) -> ClusterNetwork? {
        let family = hosts.first?.host.address.family ?? .v4
        checkFamilies(hosts, family)
        let domain = dnsDomain()
        let writtenPods = inventory.podSubnets.map { blocks($0, "pod subnet") }
        let writtenServices = inventory.serviceSubnets.map { blocks($0, "service subnet") }
        // What is not written follows the families of what is.
        let families = (writtenPods ?? writtenServices)?.map(\.value.base.family) ?? [family]
        let pods = writtenPods ?? families.map { Placed(NetworkDefaults.pods($0), "") }
        let services = writtenServices ?? families.map { Placed(NetworkDefaults.services($0), "") }
        guard let domain, !pods.isEmpty, !services.isEmpty else { return nil }
        let network = ClusterNetwork(family: family, pods: pods, services: services, dnsDomain: domain)
        checkStacks(network, hosts: hosts, kubernetes: kubernetes)
        checkPodSizes(pods, hosts: hosts)
        checkServiceSizes(services)
        checkOverlaps(network, hosts: hosts)
        return network
    }

    private mutating func checkFamilies(_ hosts: [PlacedHost], _ family: IPAddress.Family) {
        for placed in hosts where placed.host.address.family != family {
            let address = placed.host.address
            refuse(
                placed.place,
                "\(address) is \(address.family.rawValue), but \(hosts[0].host.address) is \(family.rawValue)",
                "use one family for all hosts, with internalAddress where ssh needs the other")
        }
    }

    private mutating func dnsDomain() -> String? {
        guard let written = inventory.dnsDomain else { return "cluster.local" }
        guard Naming.isDNSName(written.value) else {
            let lower = written.value.lowercased()
            refuse(
                written.place, "`\(written.value)` cannot be the DNS domain of a cluster",
                Naming.isDNSName(lower) ? "write `\(lower)`" : "write a lower-case DNS name such as cluster.local")
            return nil
        }
        return written.value
    }

    /// The blocks of one kind that can be read: at most one of each family.
    private mutating func blocks(_ written: [Placed<String>], _ what: String) -> [Placed<CIDR>] {
        var blocks: [Placed<CIDR>] = []
        for item in written {
            guard let block = CIDR(item.value) else {
                refuse(
                    item.place, "the \(what) `\(item.value)` is not a block of addresses", Self.remedy(for: item.value))
                continue
            }
            if let first = blocks.first(where: { $0.value.base.family == block.base.family }) {
                refuse(
                    item.place, "\(first.value) and \(block) are two \(what)s of \(block.base.family.rawValue)",
                    "write one block, or one of each family for dual stack")
                continue
            }
            blocks.append(Placed(block, item.place))
        }
        return blocks
    }

    /// A block with host bits set is shown as it was probably meant.
    private static func remedy(for text: String) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let base = IPAddress(String(parts[0])), let prefix = Int(parts[1]),
            (0...base.family.bits).contains(prefix)
        {
            return "the address has bits behind /\(prefix), write \(CIDR(base: base, prefix: prefix))"
        }
        return "write it as 10.244.0.0/16 or fd00:10:244::/56"
    }

    private mutating func checkStacks(
        _ network: ClusterNetwork, hosts: [PlacedHost], kubernetes: KubernetesVersion?
    ) {
        let kinds = [("pod subnet", network.pods), ("service subnet", network.services)]
        for (what, blocks) in kinds {
            // The API server refuses a service block whose family is not that of the address it advertises.
            if let first = blocks.first, !hosts.isEmpty, first.value.base.family != network.family {
                refuse(
                    first.place,
                    "the first \(what) \(first.title) is \(first.value.base.family.rawValue), but the hosts"
                        + " are \(network.family.rawValue)", "put an \(network.family.rawValue) block first")
            }
        }
        let dual = kinds.filter { $0.1.count == 2 }
        if dual.count == 1, let single = kinds.first(where: { $0.1.count == 1 }), let block = single.1.first {
            refuse(
                block.place, "the \(dual[0].0)s are dual stack, but \(block.title) is the only \(single.0)",
                "write an IPv4 and an IPv6 block for both")
        }
        if let kubernetes, !dual.isEmpty, !kubernetes.isAtLeast(1, 16), let second = dual[0].1.last {
            refuse(
                second.place, "Kubernetes \(kubernetes) knows no dual stack, it came with v1.16",
                "write one \(dual[0].0)")
        }
    }

    private mutating func checkOverlaps(_ network: ClusterNetwork, hosts: [PlacedHost]) {
        for pods in network.pods {
            for services in network.services where pods.value.overlaps(services.value) {
                refuse(
                    pods.place.isEmpty ? services.place : pods.place,
                    "the pod subnet \(pods.title) overlaps the service subnet \(services.title)",
                    "choose blocks that share no address")
            }
        }
        for (what, blocks) in [("pod subnet", network.pods), ("service subnet", network.services)] {
            for block in blocks {
                let inside = hosts.filter { block.value.contains($0.host.address) }
                guard let first = inside.first else { continue }
                let others = inside.count > 1 ? " and \(inside.count - 1) more hosts" : ""
                refuse(
                    block.place.isEmpty ? first.place : block.place,
                    "the \(what) \(block.title) covers the address of \(first.host.address)\(others)",
                    "choose a \(what) that holds no host (--\(what.split(separator: " ").joined(separator: "-")))")
            }
        }
    }
}
