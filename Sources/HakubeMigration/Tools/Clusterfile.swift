// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The Clusterfile of sealos 4 and 5: a Cluster, documents of kubeadm's, and values for application images.
extension Translation {
    mutating func read(clusterfile documents: [SourceNode]) {
        let cluster = documents.first { $0["kind"]?.text == "Cluster" }
        if let cluster { read(cluster: cluster) }
        let kubeadm = documents.filter { $0["kind"]?.text.flatMap(KubeadmKind.init) != nil }
        // The release decides about what else they say.
        for document in kubeadm {
            if let version = document.folded("kubernetesVersion"), let text = version.word {
                take(release: text, from: version)
            }
        }
        for document in kubeadm { take(document: document) }
        for document in documents where !kubeadm.contains(document) && document != cluster {
            ledger.leave(
                document, "it is a \(document["kind"]?.text ?? "document") for sealos's application images",
                "install what the image installs from the bundle, or when the cluster stands")
        }
    }

    /// Names that hakube puts into the API server's certificate by itself.
    var ownNames: Set<String> {
        Set(
            draft.masters.map { $0.internalAddress ?? $0.address }
                + [draft.endpointName ?? Endpoint.defaultName, draft.vip ?? Self.usualVIP])
    }

    private mutating func read(cluster root: SourceNode) {
        for key in ["apiVersion", "kind"] { ledger.settle(root[key], "it says what the document is") }
        let spec = root["spec"]
        for image in spec?["image"]?.words ?? [] { read(image: image) }
        take(cluster: root["metadata"]?["name"])
        ledger.settle(root["metadata"]?["creationTimestamp"], "sealos found it, nobody said it")
        ledger.settle(root["status"], "sealos found it, nobody said it")
        draft.ssh = login(spec?["ssh"], as: "ssh")
        for entry in spec?["hosts"]?.items ?? [] { read(hosts: entry) }
        for variable in spec?["env"]?.words ?? [] {
            ledger.leave(
                variable, "sealos's images read it, and hakube has no variables",
                "see what the image does with it, and write that into the inventory")
        }
        ledger.leave(
            spec?["command"], "hakube runs no commands of images", "run it when the cluster stands")
    }

    /// `labring/kubernetes:v1.25.0-4.2.0` names the release, and behind it sealos's own.
    private mutating func read(image node: SourceNode) {
        guard let name = node.word else { return }
        let parts = (name.split(separator: "/").last ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2, ["kubernetes", "kubernetes-docker", "kubernetes-crio"].contains(parts[0]) {
            return take(release: String(parts[1].prefix { $0 != "-" }), from: node)
        }
        let known = ["flannel", "calico", "cilium"].contains(parts.first ?? "")
        ledger.leave(
            node, "it is an image of sealos's, and hakube installs what the bundle brings",
            known
                ? "make the bundle with --cni \(parts[0])"
                : "bring manifests and images in the bundle, or install it when the cluster stands")
    }

    private mutating func login(_ node: SourceNode?, as target: String) -> InventoryDraft.Login {
        var login = InventoryDraft.Login()
        for (key, place, name) in [
            ("user", \InventoryDraft.Login.user, "user"), ("port", \InventoryDraft.Login.port, "port"),
            ("pk", \InventoryDraft.Login.key, "key"),
        ] {
            guard let value = node?[key], let word = value.word else { continue }
            login[keyPath: place] = word
            ledger.take(value, as: "\(target) \(name)")
        }
        ledger.leave(
            secret: node?["passwd"],
            "give it with --password-file FILE (mode 0600) or HAKUBE_SSH_PASSWORD, or use the key")
        ledger.leave(secret: node?["pkPasswd"], "type it when hakube asks, or load the key into ssh-agent")
        ledger.leave(secret: node?["pkData"], "write the key to a file of mode 0600 and set `key`")
        return login
    }

    private mutating func read(hosts entry: SourceNode) {
        let roles = Set(entry["roles"]?.words.compactMap(\.word) ?? [])
        let isMaster = roles.contains("master")
        guard isMaster || roles.contains("node") else {
            return ledger.leave(
                entry, "its roles are \(roles.sorted().joined(separator: ", ")), neither master nor node",
                "make its hosts masters or nodes, or leave them out")
        }
        for role in entry["roles"]?.words ?? [] {
            switch role.word {
            case "master": ledger.take(role, as: "masters")
            case "node": ledger.take(role, as: isMaster ? "masters, with taints: []" : "nodes")
            case "amd64", "arm64": ledger.settle(role, "hosts say their architecture themselves")
            default: ledger.leave(role, "hakube has no such role", "write it under `labels` if it means something")
            }
        }
        let own = login(entry["ssh"], as: isMaster ? "masters" : "nodes")
        for address in entry["ips"]?.words ?? [] {
            guard let text = address.word else { continue }
            var host = Self.host(text)
            host.login.user = own.user
            host.login.port = host.login.port ?? own.port
            host.login.key = own.key
            if isMaster && roles.contains("node") { host.taints = [] }
            if isMaster { draft.masters.append(host) } else { draft.nodes.append(host) }
            ledger.take(address, as: isMaster ? "masters" : "nodes")
        }
        for variable in entry["env"]?.words ?? [] {
            ledger.leave(
                variable, "sealos's images read it, and hakube has no variables",
                "see what the image does with it, and write that into the inventory")
        }
    }
}
