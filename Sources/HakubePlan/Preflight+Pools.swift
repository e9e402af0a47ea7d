// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Preflight {
    /// Pools of service addresses need somebody who gives addresses out of them, and addresses that no machine has.
    var poolFindings: [Finding] { spec.servicePools.isEmpty ? [] : providerFindings + poolAddressFindings }

    private var providerFindings: [Finding] {
        guard let manifest = bundle?.manifest else { return [] }
        let used = Set(spec.masters.compactMap { facts[$0.id]?.architecture })
        return manifest.arches.filter(used.contains).compactMap { arch in
            guard !manifest.images.contains(where: { $0.arch == arch && $0.isCloudProvider }) else { return nil }
            return .bundle(
                "the image \(PoolManifests.imageName) is not in it for masters of \(arch.rawValue), and pools of service"
                    + " addresses need it",
                "build the bundle with --image ghcr.io/kube-vip/\(PoolManifests.imageName):v0.0.12, or take the pools out"
            )
        }
    }

    /// On a member kube-vip puts addresses of pools itself.
    private var poolAddressFindings: [Finding] {
        spec.hosts.filter { newcomers?.contains($0.id) ?? true }.flatMap { host -> [Finding] in
            guard let facts = facts[host.id], !facts.hasKubeletConfig else { return [] }
            let others = Set(facts.clusterAddresses + [host.address])
            return facts.addresses.filter { !others.contains($0) }.flatMap { address in
                spec.servicePools.filter { $0.ranges.contains { $0.contains(address) } }.map { pool in
                    .error(
                        host, "its own address \(address) lies in \(pool.title) of service addresses",
                        "take the address out of the pool")
                }
            }
        }
    }
}
