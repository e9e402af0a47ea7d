// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What keeps a cluster's endpoint from going over to another strategy. Pure.
package struct SwitchPreflight: Sendable {
    let spec: ClusterSpec
    let facts: [HostID: Facts]
    let bundle: BundleContents

    /// - Parameter spec: the cluster with the endpoint that it shall have.
    package init(spec: ClusterSpec, facts: [HostID: Facts], bundle: BundleContents) {
        self.spec = spec
        self.facts = facts
        self.bundle = bundle
    }

    /// In the order of the specification.
    package var findings: [Preflight.Finding] {
        let general = Preflight(spec: spec, facts: facts, bundle: bundle)
        let hosts = spec.kubernetesHosts.flatMap { host -> [Preflight.Finding] in
            guard let facts = facts[host.id] else { return [] }
            return memberFindings(host, facts) + general.endpointFindings(host, facts)
                + general.nameFindings(host, facts) + general.architectureFindings(host, facts)
                + portFindings(host, facts)
        }
        return hosts + releaseFindings + vipFindings(general) + general.imageFindings
    }

    /// Every master has to serve: each runs a part of what all depend on.
    private func memberFindings(_ host: Host, _ facts: Facts) -> [Preflight.Finding] {
        guard facts.hasKubeletConfig, facts.unfinished == nil else {
            return [
                .error(
                    host, "it has not joined the cluster to the end",
                    "finish that with the command that was to make it a member, or take it out with 'hakube clean'")
            ]
        }
        guard host.role == .master, !facts.serves else { return [] }
        return [
            .error(host, "its API server does not answer", "bring it back first; 'hakube status' shows what it lacks")
        ]
    }

    /// haproxy takes a port of its own on every master.
    private func portFindings(_ host: Host, _ facts: Facts) -> [Preflight.Finding] {
        let port = spec.endpoint.port
        guard host.role == .master, spec.endpoint.kind == .haproxyKeepalived,
            !facts.staticPods.contains(HAProxyStrategy.name), facts.listeningPorts.contains(port)
        else { return [] }
        return [.error(host, "port \(port) is taken", "choose another one with --endpoint NAME:PORT")]
    }

    private var releaseFindings: [Preflight.Finding] {
        guard let version = bundle.manifest.version, version != spec.kubernetes else { return [] }
        return [
            .bundle(
                "it is for Kubernetes \(version), and the cluster runs \(spec.kubernetes)",
                "take the bundle of the cluster's release")
        ]
    }

    /// The new address, where it is not the old one.
    private func vipFindings(_ general: Preflight) -> [Preflight.Finding] {
        guard let address = spec.endpoint.floating?.address,
            !spec.masters.contains(where: { facts[$0.id]?.addresses.contains(address) == true })
        else { return [] }
        return general.strangers(at: address)
    }
}
