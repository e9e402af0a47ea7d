// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A pool of service addresses and where it was written.
struct PlacedPool {
    let namespace: Placed<String>
    let ranges: [Placed<AddressRange>]

    var title: String { ServicePool.title(of: namespace.value) }
}

extension ClusterSpecValidation {
    /// The pools of service addresses, sorted by namespace.
    mutating func servicePools(
        endpoint: Endpoint?, network: ClusterNetwork?, hosts: [PlacedHost]
    ) -> [ServicePool] {
        let pools = inventory.servicePools.map { pool($0) }
        checkServicePools(pools, endpoint: endpoint, network: network, hosts: hosts)
        return pools.map { ServicePool(namespace: $0.namespace.value, ranges: $0.ranges.map(\.value)) }
            .sorted { $0.namespace < $1.namespace }
    }

    /// What has to hold between the pools and everything else that has an address.
    mutating func checkServicePools(
        _ pools: [PlacedPool], endpoint: Endpoint?, network: ClusterNetwork?, hosts: [PlacedHost]
    ) {
        checkOverlaps(of: pools)
        if let first = pools.first, let endpoint, endpoint.kind != .kubeVIP {
            refuse(
                first.namespace.place,
                "pools of service addresses are kube-vip's, and the endpoint strategy is \(endpoint.kind.rawValue)",
                "write strategy: kube-vip under `endpoint`, or take the pools out")
        }
        for pool in pools {
            for range in pool.ranges {
                checkEndpoint(range, of: pool, endpoint)
                checkHosts(range, of: pool, hosts)
                checkNetwork(range, of: pool, network)
            }
        }
    }

    // MARK: - Forms

    private mutating func pool(_ entry: Inventory.PoolEntry) -> PlacedPool {
        let name = entry.namespace.value
        if !Naming.isDNSLabel(name) {
            let lower = name.lowercased()
            refuse(
                entry.namespace.place, "`\(name)` cannot name a namespace",
                Naming.isDNSLabel(lower)
                    ? "write `\(lower)`"
                    : "use lower-case letters, digits and dashes; `global` means every namespace without a pool of its own"
            )
        }
        let title = ServicePool.title(of: name)
        if entry.ranges.isEmpty {
            refuse(
                entry.namespace.place, "\(title) has no addresses",
                "write a range such as 192.168.66.210-192.168.66.219, or take the line out")
        }
        return PlacedPool(
            namespace: entry.namespace,
            ranges: entry.ranges.compactMap { written in
                range(written, title).map { Placed($0, written.place) }
            })
    }

    private mutating func range(_ written: Placed<String>, _ title: String) -> AddressRange? {
        let text = written.value
        guard let range = text.contains("/") ? block(written, title) : span(written, title) else { return nil }
        for end in Set([range.first, range.last]).sorted() {
            guard let reason = end.unusable else { continue }
            refuse(
                written.place, "\(title) holds \(end), which \(reason)",
                "choose addresses of the network that the hosts are in")
            return nil
        }
        return range
    }

    private mutating func block(_ written: Placed<String>, _ title: String) -> AddressRange? {
        if let block = CIDR(written.value) { return AddressRange(block) }
        let parts = written.value.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let base = IPAddress(String(parts[0])), let prefix = Int(parts[1]),
            (0...base.family.bits).contains(prefix)
        {
            refuse(
                written.place, "`\(written.value)` in \(title) has bits behind /\(prefix)",
                "write \(CIDR(base: base, prefix: prefix)), or a range from the first address to the last")
        } else {
            refuseForm(written, title)
        }
        return nil
    }

    private mutating func span(_ written: Placed<String>, _ title: String) -> AddressRange? {
        let text = written.value
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(\.trimmed)
        guard parts.count <= 2, let first = IPAddress(parts[0]),
            let last = IPAddress(parts[parts.count - 1]) ?? first.inSameNetwork(parts[parts.count - 1])
        else {
            refuseForm(written, title)
            return nil
        }
        if first.family != last.family {
            refuse(
                written.place,
                "the range \(text) starts with \(first.family.rawValue) and ends with "
                    + last.family.rawValue, "write both ends in one family")
        } else if first > last {
            refuse(written.place, "the range \(text) ends before it starts", "write \(last)-\(first)")
        }
        return AddressRange(from: first, to: last)
    }

    private mutating func refuseForm(_ written: Placed<String>, _ title: String) {
        refuse(
            written.place, "`\(written.value)` in \(title) is no address, range or block",
            "write it as 192.168.66.210, 192.168.66.210-192.168.66.219 or 192.168.66.224/29")
    }

    // MARK: - Neighbours

    private mutating func checkOverlaps(of pools: [PlacedPool]) {
        var seen: [(pool: PlacedPool, range: AddressRange)] = []
        for pool in pools {
            for range in pool.ranges {
                if let first = seen.first(where: { $0.range.overlaps(range.value) }) {
                    let isOwn = first.pool.namespace == pool.namespace
                    refuse(
                        range.place,
                        "\(range.value) in \(pool.title) overlaps \(first.range) in \(isOwn ? "it" : first.pool.title)",
                        isOwn ? "write each address once" : "give each pool addresses of its own")
                }
                seen.append((pool, range.value))
            }
        }
    }

    private mutating func checkEndpoint(_ range: Placed<AddressRange>, of pool: PlacedPool, _ endpoint: Endpoint?) {
        guard let vip = endpoint?.vip, range.value.contains(vip) else { return }
        refuse(
            range.place, "\(range.value) in \(pool.title) holds the VIP \(vip)",
            "leave the VIP out of the pool, or choose another with --vip")
    }

    private mutating func checkHosts(_ range: Placed<AddressRange>, of pool: PlacedPool, _ hosts: [PlacedHost]) {
        let inside = hosts.filter { placed in
            range.value.contains(placed.host.address)
                || IPAddress(placed.host.sshAddress).map(range.value.contains) ?? false
        }
        guard let first = inside.first else { return }
        let others =
            inside.count > 1 ? " and of \(inside.count - 1) more \(inside.count == 2 ? "host" : "hosts")" : ""
        refuse(
            range.place, "\(range.value) in \(pool.title) holds the address of \(first.host.id)\(others)",
            "choose addresses that no machine has")
    }

    private mutating func checkNetwork(
        _ range: Placed<AddressRange>, of pool: PlacedPool, _ network: ClusterNetwork?
    ) {
        guard let network else { return }
        for (what, blocks) in [("pod subnet", network.pods), ("service subnet", network.services)] {
            for block in blocks where range.value.overlaps(AddressRange(block.value)) {
                refuse(
                    range.place, "\(range.value) in \(pool.title) overlaps the \(what) \(block.title)",
                    "choose addresses outside of it")
            }
        }
        let family = range.value.first.family
        guard !network.services.contains(where: { $0.value.base.family == family }) else { return }
        refuse(
            range.place, "\(range.value) in \(pool.title) is \(family.rawValue), and no Service of this cluster is",
            "write addresses of the service subnet's family, or make the cluster dual stack")
    }
}
