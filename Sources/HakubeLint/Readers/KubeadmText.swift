// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A document of kubeadm's configuration: its own kinds, the kubelet's and kube-proxy's.
struct KubeadmText: Sendable {
    let tree: YAMLTree
    /// `kubeadm.k8s.io`.
    let group: String
    /// `v1beta4`.
    let version: String
    let kind: Found<String>
    let apiVersion: Found<String>
    let host: HostHint

    /// `nil` if it is of another group, or of the kubelet's and not its configuration.
    init?(_ tree: YAMLTree, host: HostHint) {
        guard let apiVersion = tree["apiVersion"]?.found, let kind = tree["kind"]?.found else { return nil }
        let parts = apiVersion.value.split(separator: "/").map(String.init)
        let kinds = ["kubelet.config.k8s.io": KubeadmKind.kubelet, "kubeproxy.config.k8s.io": .proxy]
        guard parts.count == 2, parts[0] == "kubeadm.k8s.io" || kinds[parts[0]]?.rawValue == kind.value else {
            return nil
        }
        self.tree = tree
        self.host = host
        group = parts[0]
        version = parts[1]
        self.kind = kind
        self.apiVersion = apiVersion
    }

    func isKind(_ kind: KubeadmKind) -> Bool { self.kind.value == kind.rawValue }

    /// The kubelet's extra arguments, of the documents that have them.
    func kubeletArgument(_ name: String) -> Found<String>? {
        tree.at("nodeRegistration.kubeletExtraArgs")?.argument(name)
    }

    /// The address that this host's API server gives out, of documents that make a master.
    var advertised: Found<IPAddress>? {
        let path =
            isKind(.join) ? "controlPlane.localAPIEndpoint.advertiseAddress" : "localAPIEndpoint.advertiseAddress"
        return tree.at(path)?.found.flatMap { text in IPAddress(text.value).map { Found($0, text.place) } }
    }

    var bindPort: Int? {
        let path = isKind(.join) ? "controlPlane.localAPIEndpoint.bindPort" : "localAPIEndpoint.bindPort"
        return tree.at(path)?.text.flatMap { Int($0) }
    }

    var isMaster: Bool { isKind(.initialise) || (isKind(.join) && tree["controlPlane"] != nil) }

    /// certSANs of the API server, each with its line.
    var names: [Found<String>] { tree.at("apiServer.certSANs")?.texts ?? [] }

    /// Blocks of addresses at a key, which may be two with a comma between them.
    func blocks(_ path: String) -> [Found<String>] {
        guard let text = tree.at(path)?.found else { return [] }
        return text.value.split(separator: ",").map { Found($0.trimmed, text.place) }
    }
}
