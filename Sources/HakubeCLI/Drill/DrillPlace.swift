// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Where a drill is measured from.
struct DrillPlace: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// A worker asks what its kubelet asks.
        case worker(Host)
        /// The operator's machine asks what clients outside of the cluster ask.
        case outside(OutsideTarget)
    }

    /// For tables and charts.
    let name: String
    let kind: Kind
    /// What is asked: `apiserver.cluster.local:6443`.
    let server: String

    var isOutside: Bool { if case .outside = kind { true } else { false } }
}

/// What a client outside of the cluster connects to.
struct OutsideTarget: Sendable, Hashable {
    /// Name or address, without brackets.
    let host: String
    let port: Int

    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The one place that knows how clients outside of a cluster find its API servers. With guardians only the workers have a way around a
    /// dead master: others ask the master that their kubeconfig names, and when that is the target, what one with another
    /// master in it would see is measured beside it.
    ///
    /// - Parameter kubeconfigServer: the host that the kubeconfig on this machine names; `nil` where there is none.
    static func all(spec: ClusterSpec, target: Host, kubeconfigServer: String?) -> [OutsideTarget] {
        if let floating = spec.endpoint.floating {
            return [OutsideTarget(host: floating.address.description, port: spec.endpoint.port)]
        }
        if spec.endpoint.kind == .external {
            return [OutsideTarget(host: spec.endpoint.name, port: spec.endpoint.port)]
        }
        let named = spec.masters.first { $0.address.description == kubeconfigServer }
        let asked = named ?? spec.masters[0]
        var targets = [asked]
        if asked.id == target.id, let other = spec.masters.first(where: { $0.id != target.id }) {
            targets.append(other)
        }
        return targets.map { OutsideTarget(host: $0.address.description, port: spec.endpoint.serverPort) }
    }
}
