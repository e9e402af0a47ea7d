// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The kubeadm configuration API of a release, and what differs with it.
///
/// v1beta2 for 1.15 to 1.21, v1beta3 for 1.22 to 1.30, v1beta4 from 1.31 (kubeadm 1.37 refuses v1beta3).
struct KubeadmDialect: Sendable, Hashable {
    let version: KubernetesVersion

    var api: String {
        if version.isAtLeast(1, 31) { return "v1beta4" }
        return version.isAtLeast(1, 22) ? "v1beta3" : "v1beta2"
    }

    /// Extra arguments are a list of name and value from v1beta4 on, a map before.
    var listsArguments: Bool { version.isAtLeast(1, 31) }

    /// kubeadm pulls by IfNotPresent unless told otherwise, and can be told from v1beta3 on.
    var knowsPullPolicy: Bool { version.isAtLeast(1, 22) }

    /// Up to 1.28 the kubelet's garbage collector deletes images that containerd calls pinned (kubernetes#119986; the last
    /// patch releases have it mended).
    var collectsPinnedImages: Bool { !version.isAtLeast(1, 29) }

    /// kubeadm warns about a socket without scheme from 1.24 on; before, it put the scheme in front itself.
    var criSocket: String { (version.isAtLeast(1, 24) ? "unix://" : "") + Self.runtime }

    /// The kubelet of this release reads the runtime's socket from its configuration file.
    var configuresRuntime: Bool { version.isAtLeast(1, 27) }

    /// What a kubelet has to be told about the runtime on its command line; `--container-runtime` went with 1.27, and any
    /// other value than `remote` with 1.24.
    var runtimeArguments: [String] {
        let named = configuresRuntime ? [] : ["--container-runtime-endpoint=unix://\(Self.runtime)"]
        return (version.isAtLeast(1, 24) ? [] : ["--container-runtime=remote"]) + named
    }

    static let runtime = "/run/containerd/containerd.sock"

    /// The taints kubeadm itself gives a control-plane node: `master` until 1.23, both in 1.24, `control-plane` from 1.25.
    var controlPlaneTaints: [Taint] {
        var keys: [String] = []
        if version.isAtLeast(1, 24) { keys.append("node-role.kubernetes.io/control-plane") }
        if !version.isAtLeast(1, 25) { keys.append("node-role.kubernetes.io/master") }
        return keys.map { Taint(key: $0, effect: .noSchedule) }
    }

    /// Dual stack stood behind kubeadm's IPv6DualStack gate until it went beta in 1.21.
    var needsDualStackGate: Bool { !version.isAtLeast(1, 21) }

    /// From 1.33 on a joining master's kubelet talks to its own API server, so etcd joins as a phase of its own before.
    var joinsEtcdFirst: Bool { version.isAtLeast(1, 33) }
}
