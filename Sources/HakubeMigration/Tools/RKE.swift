// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// RKE's cluster.yml (rancher/rke, docs "Cluster Configuration Options").
extension Translation {
    mutating func read(rke root: SourceNode) {
        if let version = root["kubernetes_version"], let text = version.word {
            // v1.21.5-rancher1-1: what follows the release counts Rancher's own images.
            take(release: text.firstRange(of: "-rancher").map { String(text[..<$0.lowerBound]) } ?? text, from: version)
        }
        take(cluster: root["cluster_name"])
        take(root["ssh_key_path"], into: \.ssh.key, as: "ssh.key")
        read(bastion: root["bastion_host"])
        read(services: root["services"])
        read(rkeNodes: root["nodes"])
        read(network: root["network"])
        take(certSANs: root["authentication"]?["sans"])
        readAccess(root)
        for registry in root["private_registries"]?.items ?? [] { read(registry: registry) }
        readAddOns(root)
    }

    private mutating func read(bastion node: SourceNode?) {
        guard let node, let address = node["address"]?.word else { return }
        let user = node["user"]?.word.map { "\($0)@" } ?? ""
        let port = node["port"]?.word.map { ":\($0)" } ?? ""
        draft.ssh.bastion = user + address + port
        for key in ["address", "user", "port"] { node[key].map { ledger.take($0, as: "ssh.bastion") } }
        ledger.leave(secret: node["ssh_key"], "write the key to a file of mode 0600 and name it in ~/.ssh/config")
        ledger.leave(
            node["ssh_key_path"], "a bastion has no key of its own in an inventory",
            "name it as IdentityFile in ~/.ssh/config")
    }

    private mutating func read(network node: SourceNode?) {
        leave(podNetwork: node?["plugin"])
        for key in ["mtu", "options", "node_selector", "update_strategy", "tolerations"] {
            ledger.leave(
                node?[key], "it belongs to the pod network, which comes with the bundle",
                "edit the manifest and make the bundle with --cni-manifest FILE")
        }
    }

    private mutating func readAccess(_ root: SourceNode) {
        if let strategy = root["authentication"]?["strategy"], let text = strategy.word {
            if text == "x509" {
                ledger.settle(strategy, "kubeadm's clusters know administrators by certificates")
            } else {
                ledger.leave(
                    strategy, "of `\(text)` kubeadm's clusters have x509; RKE's webhook is a service of its own",
                    "set authentication-token-webhook-config-file under `kubeadm`, and bring the file in the bundle")
            }
        }
        ledger.leave(
            root["authentication"]?["webhook"], "RKE's authentication webhook is a service of its own",
            "set authentication-token-webhook-config-file under `kubeadm`, and bring the file in the bundle")
        if let mode = root["authorization"]?["mode"], let text = mode.word {
            if text == "rbac" {
                ledger.settle(mode, "kubeadm's clusters authorize by Node,RBAC")
            } else {
                ledger.leave(mode, "kubeadm's clusters authorize by Node,RBAC", "leave it out")
            }
        }
        ledger.leave(
            root["cloud_provider"], "hakube sets up no cloud provider",
            "install an external cloud provider when the cluster stands, or bring its manifest in the bundle")
    }

    private mutating func read(registry node: SourceNode) {
        if let url = node["url"], leaveIfSecret(registry: url) {
            ledger.leave(node["user"], "its registry is not taken over", "write it as username of the registry")
            return ledger.leave(secret: node["password"], "name a file with it as passwordFile of the registry")
        }
        guard let url = node["url"], let host = url.word else {
            ledger.leave(
                node["user"], "a login without `url` is one to Docker Hub, which wants image pull secrets",
                "make a pull secret for the pods that need it")
            return ledger.leave(secret: node["password"], "put it into that pull secret")
        }
        draft.change(registry: host) { _ in }
        ledger.take(url, as: "registries host: \(host)")
        take(login: host, user: node["user"], password: node["password"])
        if node["is_default"]?.truth == false {
            ledger.settle(node["is_default"], "no registry is asked for the cluster's own images")
        } else {
            leave(images: node["is_default"])
        }
        ledger.leave(
            node["ecrCredentialPlugin"], "hakube fetches no passwords from a cloud",
            "use a credential provider of the kubelet, or image pull secrets")
    }

    private mutating func readAddOns(_ root: SourceNode) {
        for (key, usual) in [("ingress", "none"), ("monitoring", "none"), ("dns", "coredns")] {
            let provider = root[key]?["provider"]
            if provider?.word == usual {
                ledger.settle(provider, usual == "none" ? "hakube installs none" : "kubeadm installs CoreDNS")
            } else if let name = provider?.word {
                ledger.leave(
                    provider, "hakube installs no \(name)",
                    "bring its manifest in the bundle, or install it when the cluster stands")
            }
        }
        ledger.leave(
            root["dns"]?["upstreamnameservers"], "CoreDNS asks whom its host's /etc/resolv.conf names",
            "change the ConfigMap coredns in kube-system when the cluster stands")
        for key in ["addons", "addons_include"] {
            ledger.leave(root[key], "hakube applies what the bundle brings", "put the manifests into the bundle")
        }
        leave(images: root["system_images"])
    }
}
