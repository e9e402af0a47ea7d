// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// ~/.sealos/config.yaml of sealos 2 and 3: every key in lower case, as Go's YAML writes a struct.
extension Translation {
    mutating func read(sealosConfig root: SourceNode) {
        if let version = root["version"], let text = version.word { take(release: text, from: version) }
        take(root["apiserverdomain"], into: \.endpointName, as: "endpoint.name")
        take(root["vip"], into: \.vip, as: "endpoint.vip")
        take(blocks: root["podcidr"], into: \.podSubnets, as: "network.podSubnet")
        take(blocks: root["svccidr"], into: \.serviceSubnets, as: "network.serviceSubnet")
        take(root["dnsdomain"], into: \.dnsDomain, as: "network.dnsDomain")
        take(imageRepository: root["repo"])
        take(root["user"], into: \.ssh.user, as: "ssh.user")
        take(root["privatekey"], into: \.ssh.key, as: "ssh.key")
        ledger.leave(
            secret: root["passwd"],
            "give it with --password-file FILE (mode 0600) or HAKUBE_SSH_PASSWORD, or use the key")
        ledger.leave(secret: root["pkpassword"], "type it when hakube asks, or load the key into ssh-agent")
        for (key, place) in [("masters", \InventoryDraft.masters), ("nodes", \InventoryDraft.nodes)] {
            for item in root[key]?.items ?? [] {
                guard let text = item.word else { continue }
                draft[keyPath: place].append(Self.host(text))
                ledger.take(item, as: key)
            }
        }
        let own = (draft.masters.map(\.address) + [draft.endpointName, draft.vip].compactMap { $0 })
        take(certSANs: root["apiservercertsans"], own: Set(own))
        leave(podNetwork: root["network"])
        ledger.leave(
            root["pkgurl"], "sealos's package is no bundle of hakube's",
            "make one of it: 'hakube bundle import \(root["pkgurl"]?.word?.lastComponent ?? "FILE") -o kube.tar.zst'")
        for key in ["certpath", "certetcdpath"] {
            ledger.leave(
                root[key], "kubeadm makes the new cluster's certificates on its masters", "leave it out")
        }
        for key in ["lvscarename", "lvscaretag"] {
            ledger.settle(root[key], "hakube-guardian takes the place of lvscare, and comes with the bundle")
        }
        for entry in root["alioss"]?.entries ?? [] {
            if entry.key.hasPrefix("accesskey") {
                ledger.leave(secret: entry.value, "keep it with the program that takes snapshots of etcd")
            } else {
                ledger.leave(
                    entry.value, "hakube takes no snapshots of etcd by the clock",
                    "take them with a CronJob or a timer of your own")
            }
        }
    }

    /// `10.0.0.1:22`, as sealos writes every host.
    static func host(_ text: String) -> InventoryDraft.DraftHost {
        let items = HostList(text, place: "").items
        guard items.count == 1, let item = items.first, item.user == nil else {
            return InventoryDraft.DraftHost(address: text)
        }
        var host = InventoryDraft.DraftHost(address: item.target.description)
        host.login.port = item.port.map { String($0) }
        return host
    }
}

extension String {
    fileprivate var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
