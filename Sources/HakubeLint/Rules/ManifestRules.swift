// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Manifests of any kind, and Services with addresses.
extension Examination {
    mutating func checkManifests() {
        for manifest in material.manifests {
            // What is never pulled is what was brought to the host.
            for container in manifest.containers where container.tree["imagePullPolicy"]?.text != "Never" {
                checkImage(container.image)
            }
            if manifest.kind == "Service" { checkFields(manifest) }
        }
        checkServiceAddresses()
    }

    private mutating func checkImage(_ image: Found<String>?) {
        // What is no name of an image, such as `$IMAGE`, is to be filled in.
        guard let image, let name = ImageName(image.value), name.digest == nil, name.tag == "latest" else { return }
        report(
            .imageFloating, at: image.place,
            "the image \(image.value) is another one tomorrow, and not in an offline bundle",
            "write the tag of a release")
    }

    private static let serviceFields: Set<String> = [
        "allocateLoadBalancerNodePorts", "clusterIP", "clusterIPs", "externalIPs", "externalName",
        "externalTrafficPolicy",
        "healthCheckNodePort", "internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "loadBalancerClass",
        "loadBalancerIP", "loadBalancerSourceRanges", "ports", "publishNotReadyAddresses", "selector",
        "sessionAffinity", "sessionAffinityConfig", "trafficDistribution", "type",
    ]

    private mutating func checkFields(_ service: Manifest) {
        for entry in service.tree.entries where Self.serviceFields.contains(entry.key) {
            report(
                .serviceFieldMisplaced, at: entry.place,
                "`\(entry.key)` stands outside of `spec`, so the Service does not have it", "move it below `spec`")
        }
    }

    private mutating func checkServiceAddresses() {
        var seen: [IPAddress: (service: Manifest, place: Place)] = [:]
        // The name of a Service stands in hosts files as well.
        let hosts = Dictionary(picture.hosts.filter(\.isCertain).map { ($0.address, $0) }) { first, _ in first }
        for service in material.manifests {
            // A host's address is what externalIPs are for; one that moves has the API server's port.
            for wanted in service.externalAddresses { checkVirtual(service, wanted) }
            for wanted in service.wantedAddresses {
                let address = wanted.value
                if !checkVirtual(service, wanted), let host = hosts[address] {
                    report(
                        .serviceOnHost, at: wanted.place,
                        "the Service \(service.name) asks for \(address), a host's address (\(host.place))",
                        "choose an address that no host has")
                }
                if let first = seen[address], first.service.name != service.name,
                    !Self.ports(first.service).isDisjoint(with: Self.ports(service))
                {
                    report(
                        .serviceAddressTwice, at: wanted.place,
                        "\(first.service.name) asks for \(address) and the same port already (\(first.place))",
                        "give each its own address or port")
                }
                seen[address] = seen[address] ?? (service, wanted.place)
            }
        }
    }

    /// Whether the address is one that moves.
    @discardableResult
    private mutating func checkVirtual(_ service: Manifest, _ wanted: Found<IPAddress>) -> Bool {
        guard let held = picture.moving.first(where: { $0.address == wanted.value }) else { return false }
        report(
            .serviceOnVIP, at: wanted.place,
            "the Service \(service.name) asks for \(wanted.value), which \(held.holder.rawValue) moves for the control plane"
                + " (\(held.place))",
            "choose an address of the Services' pool")
        return true
    }

    private static func ports(_ service: Manifest) -> Set<String> {
        Set(
            (service.tree.at("spec.ports")?.items ?? []).map {
                "\($0["protocol"]?.text ?? "TCP") \($0["port"]?.text ?? "")"
            })
    }

    /// kube-vip's pools of Service addresses.
    mutating func checkPools() {
        let pools = material.pools
        for pool in pools {
            for text in pool.broken {
                report(
                    .poolUnreadable, at: pool.place, "`\(text)` in \(pool.key) is no range of addresses",
                    "write FIRST-LAST or ADDRESS/LENGTH, with commas between several")
            }
            for range in pool.ranges { checkPool(pool, range) }
        }
        for (index, pool) in pools.enumerated() {
            for earlier in pools[..<index] {
                for range in pool.ranges {
                    guard let other = earlier.ranges.first(where: { $0.overlaps(range) }) else { continue }
                    report(
                        .poolsOverlap, at: pool.place,
                        "\(pool.key) \(range) and \(earlier.key) \(other) (\(earlier.place)) share addresses",
                        "give each pool its own")
                }
            }
        }
    }

    private mutating func checkPool(_ pool: AddressPool, _ range: AddressPool.Range) {
        for held in picture.moving where range.contains(held.address) {
            report(
                .poolHoldsVIP, at: pool.place,
                "\(pool.key) \(range) holds \(held.address), the address that \(held.holder.rawValue) moves (\(held.place))",
                "leave it out of the pool")
        }
        let hosts = picture.hosts.filter { $0.isCertain && range.contains($0.address) }
        if let first = hosts.first {
            report(
                .poolHoldsHost, at: pool.place,
                "\(pool.key) \(range) holds \(hosts.map(\.address.description).inWords), \(hosts.count == 1 ? "a host" : "hosts")"
                    + " (\(first.place))",
                "leave hosts out of the pool")
        }
        for (what, blocks) in [("pod range", picture.pods), ("service range", picture.services)] {
            for block in blocks where AddressPool.Range(block.value).overlaps(range) {
                report(
                    .poolInRange, at: pool.place,
                    "\(pool.key) \(range) lies in the \(what) \(block.value) (\(block.place))",
                    "choose addresses of the hosts' network")
            }
        }
    }
}
