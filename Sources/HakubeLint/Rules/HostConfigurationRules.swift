// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// kubeadm's documents beside each other: each host has a name and an address of its own.
extension Examination {
    mutating func checkHostConfigurations() {
        checkKinds()
        let documents = material.kubeadm.filter { $0.isKind(.initialise) || $0.isKind(.join) }
        for document in documents { checkAdvertised(document) }
        checkAdvertisedTwice(documents)
        checkNamesTwice(documents)
    }

    /// kubeadm refuses a file with two documents of one kind.
    private mutating func checkKinds() {
        for (_, documents) in Dictionary(grouping: material.kubeadm, by: \.kind.place.file) {
            var seen: [String: Place] = [:]
            for document in documents {
                let kind = document.kind
                if let first = seen[kind.value] {
                    report(
                        .kubeadmKindTwice, at: kind.place,
                        "\(kind.value) stands in this file already, on line \(first.line)", "put both into one document"
                    )
                }
                seen[kind.value] = seen[kind.value] ?? kind.place
            }
        }
    }

    private mutating func checkAdvertised(_ document: KubeadmText) {
        guard let advertised = document.advertised, picture.isBalanced(advertised.value, document) else { return }
        let address = advertised.value
        let reason =
            picture.virtual.first { $0.address == address }.map { "which \($0.place) moves between hosts" }
            ?? "where controlPlaneEndpoint has another port, so that a balancer stands there"
        report(
            .advertiseAddressIsVIP, at: advertised.place,
            "advertiseAddress is \(address), \(reason); an API server gives out its own host's address",
            "write this master's own address; the virtual one belongs in controlPlaneEndpoint and certSANs")
    }

    private mutating func checkAdvertisedTwice(_ documents: [KubeadmText]) {
        var seen: [IPAddress: (document: KubeadmText, place: Place)] = [:]
        for document in documents where !picture.isEtcdOnly(document) {
            guard let advertised = document.advertised, !picture.isBalanced(advertised.value, document) else {
                continue
            }
            guard let first = seen[advertised.value] else {
                seen[advertised.value] = (document, advertised.place)
                continue
            }
            let name = document.tree.at("nodeRegistration.name")?.text
            let isOther = name != nil && name != first.document.tree.at("nodeRegistration.name")?.text
            guard isOther || Self.begins(one: first.document, andJoins: document) else { continue }
            report(
                .advertiseAddressTwice, at: advertised.place,
                "\(advertised.value) is the advertiseAddress at \(first.place) already, of another node",
                "give each master its own address")
        }
    }

    /// Whether two files are for two hosts though no name says so: the one that begins a cluster does not join it.
    private static func begins(one: KubeadmText, andJoins other: KubeadmText) -> Bool {
        guard one.kind.value != other.kind.value, one.kind.place.file != other.kind.place.file else { return false }
        return one.host.address == nil || one.host.address != other.host.address
    }

    private mutating func checkNamesTwice(_ documents: [KubeadmText]) {
        var seen: [String: (address: String, place: Place)] = [:]
        for document in documents {
            guard let name = document.tree.at("nodeRegistration.name")?.found,
                let address = document.advertised?.value.description ?? document.kubeletArgument("node-ip")?.value
            else { continue }
            if let first = seen[name.value], first.address != address {
                report(
                    .nodeNameTwice, at: name.place,
                    "the node name `\(name.value)` is given to another host at \(first.place)",
                    "give each host its own name, or kubeadm lets the second one in as the first")
            } else {
                seen[name.value] = (address, name.place)
            }
        }
    }

    /// A cluster of etcd members outlives the loss of fewer than half; an even one adds a host that may fail and no reserve.
    mutating func checkEtcd() {
        for document in material.kubeadm(.cluster) {
            guard let list = document.tree.at("etcd.external.endpoints") else { continue }
            reportEven(list.items.count, "etcd endpoints", at: list.place)
        }
        for cluster in material.rke {
            let members = cluster.nodes.filter { $0.roles.contains("etcd") }
            if let last = members.last { reportEven(members.count, "nodes with the role etcd", at: last.address.place) }
        }
    }

    private mutating func reportEven(_ count: Int, _ what: String, at place: Place) {
        guard count > 1, count.isMultiple(of: 2) else { return }
        report(
            .etcdEven, at: place, "\(count) \(what) survive no more losses than \(count - 1) would",
            "make it \(count - 1) or \(count + 1)")
    }

    /// kubeadm writes static pods to /etc/kubernetes/manifests, whatever the kubelet reads.
    mutating func checkStaticPods() {
        let usual = "/etc/kubernetes/manifests"
        let configured =
            material.kubeadm(.kubelet).compactMap { $0.tree["staticPodPath"]?.found }
            + material.kubeadm.compactMap { $0.kubeletArgument("pod-manifest-path") }
        for path in configured where path.value.withoutSlash != usual {
            report(
                .staticPodFolder, at: path.place,
                "the kubelet reads static pods from \(path.value), and kubeadm puts the control plane into \(usual)",
                "write \(usual)")
        }
        let ofRKE = material.rke.compactMap { $0.argument("kubelet", "pod-manifest-path") }
        for path in ofRKE where path.value.withoutSlash == "/etc/kubernetes/manifest" {
            report(
                .staticPodFolder, at: path.place,
                "the kubelet reads static pods from \(path.value), one letter short of the folder every tool uses",
                "write \(usual), and put manifests there", as: .warning)
        }
        let read = Set((configured + ofRKE).map(\.value.withoutSlash))
        for (command, _) in material.commands {
            guard let place = command.place else { continue }
            let written = command.outputs + (command.program == "tee" ? command.files : [])
            for path in written where path.hasPrefix("/etc/kubernetes/manifest") {
                let folder = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
                let isRead = read.isEmpty ? folder == usual : read.contains(folder)
                guard !isRead, path.hasSuffix(".yaml") || path.hasSuffix(".yml") || path.hasSuffix(".json") else {
                    continue
                }
                report(
                    .staticPodFolder, at: place,
                    "\(path) is put where the kubelet does not look: it reads \(read.sorted().first ?? usual)",
                    "write it to \(read.sorted().first ?? usual)", as: read.isEmpty ? .warning : .error)
            }
        }
    }
}

extension String {
    fileprivate var withoutSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
