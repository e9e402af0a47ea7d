// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Translation {
    /// `kubernetes` of KubeKey's Cluster.
    mutating func read(kubernetes node: SourceNode?) {
        guard let node else { return }
        take(node["dnsDomain"], into: \.dnsDomain, as: "network.dnsDomain")
        if node["clusterName"]?.word == "cluster.local" {
            ledger.settle(node["clusterName"], "it is the DNS domain unless the inventory says otherwise")
        } else {
            ledger.leave(
                node["clusterName"],
                "KubeKey's releases differ in whether this is the cluster's name or its DNS domain",
                "write `cluster` or `network.dnsDomain`, whichever the cluster has")
        }
        take(node["proxyMode"], into: \.proxyMode, as: "network.proxyMode")
        take(certSANs: node["apiserverCertExtraSans"])
        leave(images: node["imageRepo"])
        if let size = node["nodeCidrMaskSize"], let text = size.word {
            take(.controllerManager, "node-cidr-mask-size", text, from: size)
        }
        for (key, flag) in [("maxPods", "max-pods"), ("podPidsLimit", "pod-max-pids")] {
            if let value = node[key], let text = value.word { take(kubelet: flag, text, from: value) }
        }
        if let masquerade = node["masqueradeAll"], let text = masquerade.word {
            take(proxy: "masquerade-all", text, from: masquerade)
        }
        if node["containerManager"]?.word == "containerd" {
            ledger.settle(node["containerManager"], "hakube installs containerd")
        } else {
            ledger.leave(node["containerManager"], "hakube installs containerd and no other", "leave it out")
        }
        for (key, what) in [
            ("nodelocaldns", "no DNS cache on nodes"), ("kata", "no Kata Containers"),
            ("nodeFeatureDiscovery", "no node feature discovery"),
            ("autoRenewCerts", "no timer that renews certificates"),
        ] {
            let setting = node[key]
            if setting?.truth == false || setting?["enabled"]?.truth == false {
                ledger.settle(setting, "hakube installs \(what)")
            } else {
                ledger.leave(setting, "hakube installs \(what)", "install it when the cluster stands")
            }
        }
        for (key, take) in Self.argumentLists { self.take(arguments: node[key], of: take) }
        self.take(kubeletConfiguration: node["kubeletConfiguration"]?.entries ?? [])
        self.take(proxyConfiguration: node["kubeProxyConfiguration"]?.entries ?? [])
        ledger.leave(
            node["featureGates"], "KubeKey gives these to every program, and one that a program lacks ends it",
            "write them under `kubeadm` for the programs that have them")
    }

    private static var argumentLists: [(String, (inout Translation, String, String, SourceNode) -> Void)] {
        [
            ("apiserverArgs", { $0.take(.apiServer, $1, $2, from: $3) }),
            ("controllerManagerArgs", { $0.take(.controllerManager, $1, $2, from: $3) }),
            ("schedulerArgs", { $0.take(.scheduler, $1, $2, from: $3) }),
            ("kubeletArgs", { $0.take(kubelet: $1, $2, from: $3) }),
            ("kubeProxyArgs", { $0.take(proxy: $1, $2, from: $3) }),
        ]
    }
}
