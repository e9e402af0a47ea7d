// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// kubeadm's documents in the making. Arguments get the form of the release when they are written.
struct KubeadmDraft: Sendable {
    /// Where extra arguments stand in a ClusterConfiguration.
    enum Component: String, Sendable, CaseIterable {
        case apiServer, controllerManager, scheduler
        case etcd = "etcd.local"

        /// The program, as its makers call it.
        var program: String {
            switch self {
            case .apiServer: "kube-apiserver"
            case .controllerManager: "kube-controller-manager"
            case .scheduler: "kube-scheduler"
            case .etcd: "etcd"
            }
        }
    }

    private var arguments: [Component: [(name: String, value: String)]] = [:]
    private var kubeletArguments: [KubeadmKind: [(name: String, value: String)]] = [:]
    private var fields: [KubeadmKind: YAMLValue] = [:]

    func argument(_ name: String, of component: Component) -> String? {
        arguments[component]?.first { $0.name == name }?.value
    }

    mutating func set(_ name: String, to value: String, of component: Component) {
        Self.set(name, value, in: &arguments[component, default: []])
    }

    /// - Parameter kind: Init- or JoinConfiguration.
    func argument(ofKubelet name: String, of kind: KubeadmKind) -> String? {
        kubeletArguments[kind]?.first { $0.name == name }?.value
    }

    /// - Parameter kind: Init- or JoinConfiguration.
    mutating func set(kubelet name: String, to value: String, of kind: KubeadmKind) {
        Self.set(name, value, in: &kubeletArguments[kind, default: []])
    }

    /// - Parameter path: keys, which may have dots in them.
    func field(_ path: [String], of kind: KubeadmKind) -> YAMLValue? { fields[kind]?.value(at: path[...]) }

    mutating func set(_ path: String, of kind: KubeadmKind, to value: YAMLValue) {
        set(path.split(separator: ".").map(String.init), of: kind, to: value)
    }

    /// - Parameter path: keys, which may have dots in them.
    mutating func set(_ path: [String], of kind: KubeadmKind, to value: YAMLValue) {
        fields[kind, default: .map([])].set(value, at: path[...])
    }

    /// Adds an item to a list.
    mutating func append(_ item: YAMLValue, to path: String, of kind: KubeadmKind) {
        let keys = path.split(separator: ".").map(String.init)
        var items: [YAMLValue] = []
        if case .list(let own) = fields[kind]?.value(at: keys[...]) { items = own }
        set(keys, of: kind, to: .list(items + [item]))
    }

    private static func set(_ name: String, _ value: String, in pairs: inout [(name: String, value: String)]) {
        pairs.removeAll { $0.name == name }
        pairs.append((name, value))
    }

    /// In the API version that hakube writes for a release.
    func documents(for release: KubernetesVersion) -> [YAMLValue] {
        var bodies = fields
        // v1beta4 has lists of names and values, the versions before it maps.
        let asList = KubeadmKind.cluster.apiVersion(release).hasSuffix("v1beta4")
        func value(_ pairs: [(name: String, value: String)]) -> YAMLValue {
            guard asList else { return .map(pairs.map { ($0.name, .string($0.value)) }) }
            return .list(pairs.map { .map([("name", .string($0.name)), ("value", .string($0.value))]) })
        }
        for component in Component.allCases {
            guard let pairs = arguments[component] else { continue }
            let path = component.rawValue.split(separator: ".").map(String.init) + ["extraArgs"]
            bodies[.cluster, default: .map([])].set(value(pairs), at: path[...])
        }
        for (kind, pairs) in kubeletArguments {
            bodies[kind, default: .map([])].set(value(pairs), at: ["nodeRegistration", "kubeletExtraArgs"])
        }
        return KubeadmKind.allCases.compactMap { kind in
            guard case .map(let pairs) = bodies[kind] else { return nil }
            return .map(
                [("apiVersion", .string(kind.apiVersion(release))), ("kind", .string(kind.rawValue))] + pairs)
        }
    }
}
