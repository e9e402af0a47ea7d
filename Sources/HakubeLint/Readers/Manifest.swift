// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A Kubernetes object that is no configuration of kubeadm's.
struct Manifest: Sendable {
    struct Container: Sendable {
        let image: Found<String>?
        let tree: YAMLTree

        /// Name and value of every variable that has one written out.
        var environment: [Found<String>: Found<String>] {
            var values: [Found<String>: Found<String>] = [:]
            for item in tree["env"]?.items ?? [] {
                guard let name = item["name"]?.found, let value = item["value"]?.found else { continue }
                values[name] = value
            }
            return values
        }

        var words: [Found<String>] { (tree["command"]?.texts ?? []) + (tree["args"]?.texts ?? []) }
    }

    let tree: YAMLTree
    let kind: String
    let name: String
    let namespace: String

    init?(_ tree: YAMLTree) {
        guard tree["apiVersion"]?.text != nil, let kind = tree["kind"]?.text else { return nil }
        self.tree = tree
        self.kind = kind
        name = tree.at("metadata.name")?.text ?? ""
        namespace = tree.at("metadata.namespace")?.text ?? "default"
    }

    var podSpec: YAMLTree? {
        switch kind {
        case "Pod": tree["spec"]
        case "CronJob": tree.at("spec.jobTemplate.spec.template.spec")
        default: tree.at("spec.template.spec")
        }
    }

    var containers: [Container] {
        ((podSpec?["initContainers"]?.items ?? []) + (podSpec?["containers"]?.items ?? [])).map {
            Container(image: $0["image"]?.found, tree: $0)
        }
    }

    /// Addresses at which a Service is to be reached besides its own.
    var externalAddresses: [Found<IPAddress>] {
        guard kind == "Service" else { return [] }
        return (tree.at("spec.externalIPs")?.texts ?? []).compactMap { text in
            IPAddress(text.value).map { Found($0, text.place) }
        }
    }

    /// Addresses that a Service asks for, wherever they stand.
    var wantedAddresses: [Found<IPAddress>] {
        guard kind == "Service" else { return [] }
        let annotations = tree.at("metadata.annotations")
        let texts =
            [tree.at("spec.loadBalancerIP"), tree["loadBalancerIP"]]
            + ["kube-vip.io/loadbalancerIPs", "metallb.universe.tf/loadBalancerIPs", "metallb.io/loadBalancerIPs"].map {
                annotations?[$0]
            }
        return texts.compactMap { $0?.found }.flatMap { text in
            text.value.split(separator: ",").compactMap { part in
                IPAddress(part.trimmed).map { Found($0, text.place) }
            }
        }
    }
}

/// A container of kube-vip's and the pod it is in.
struct KubeVIPPod: Sendable {
    let manifest: Manifest
    let image: Found<String>
    let environment: [Found<String>: Found<String>]
    let container: YAMLTree

    /// `nil` for pods without kube-vip; the cloud provider beside it hands out addresses only.
    init?(_ manifest: Manifest) {
        let container = manifest.containers.first { container in
            guard let image = container.image?.value else { return false }
            return image.contains("kube-vip") && !image.contains("cloud-provider")
        }
        guard let container, let image = container.image else { return nil }
        self.manifest = manifest
        self.image = image
        environment = container.environment
        self.container = container.tree
    }

    /// The value of a variable.
    func value(_ name: String) -> Found<String>? { environment.first { $0.key.value == name }?.value }

    /// Where a variable is named.
    func place(_ name: String) -> Place? { environment.first { $0.key.value == name }?.key.place }

    func isOn(_ name: String) -> Bool {
        value(name).map { ["true", "1", "t"].contains($0.value.lowercased()) } ?? false
    }

    /// The address that moves between the masters.
    var address: Found<IPAddress>? {
        (value("address") ?? value("vip_address")).flatMap { text in
            IPAddress(text.value).map { Found($0, text.place) }
        }
    }

    /// kube-vip's own release, by its image; `nil` if the tag is none.
    var version: KubernetesVersion? { ImageName(image.value)?.tag.flatMap { KubernetesVersion($0) } }
}
