// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// What makes pools of service addresses work: the pools, and kube-vip's cloud provider, which gives each Service of type
/// LoadBalancer an address out of them.
struct PoolManifests {
    let input: PlanInput
    var renderer = TemplateRenderer()

    static let imageName = "kube-vip-cloud-provider"

    /// The ConfigMap that the cloud provider reads.
    ///
    /// All pools are ranges. Were one of them a block, under the key `cidr-…`, the provider would look for blocks first, and a
    /// namespace's range would lose against a global block (discoverPool in kube-vip-cloud-provider).
    func pools() throws -> String {
        let pools = input.spec.servicePools.map { pool in
            ["namespace": pool.namespace, "addresses": Self.addresses(of: pool)]
        }
        return try renderer.render(.servicePools, ["pools": pools])
    }

    func cloudProvider() throws -> String {
        // One of two is at work; more would only wait.
        let replicas = min(2, input.spec.masters.count)
        return try renderer.render(
            .cloudProvider,
            [
                "image": image, "replicas": replicas,
                "masterLabel": KubeadmDialect(version: input.spec.kubernetes).masterLabel,
            ])
    }

    static func addresses(of pool: ServicePool) -> String { pool.ranges.map(\.ends).joined(separator: ",") }

    private var image: String {
        input.bundle?.manifest.images.first(where: \.isCloudProvider)?.name
            ?? "ghcr.io/kube-vip/\(Self.imageName):v0.0.12"
    }
}

extension BundleManifest.Image {
    /// kube-vip's cloud provider, from whatever registry, on hosts that are masters: there it runs.
    var isCloudProvider: Bool {
        ImageName(name)?.lastPart == PoolManifests.imageName && roles.contains(Role.master.rawValue)
    }
}
