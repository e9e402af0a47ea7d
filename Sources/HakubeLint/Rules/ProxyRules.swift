// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// kube-proxy in ipvs mode takes hold of more than its own.
extension Examination {
    mutating func checkProxyMode() {
        for document in material.kubeadm(.proxy) {
            guard let mode = document.tree["mode"]?.found, mode.value == "ipvs" else { continue }
            let excluded = document.tree.at("ipvs.excludeCIDRs")?.texts ?? []
            checkExclusion(excluded, at: document.tree.at("ipvs")?.entry("excludeCIDRs")?.place ?? mode.place)
            if document.tree.at("ipvs.strictARP")?.text != "true" {
                checkARP(at: mode.place, remedy: "set ipvs.strictARP to true")
            }
        }
        for cluster in material.rke {
            guard let mode = cluster.argument("kubeproxy", "proxy-mode"), mode.value == "ipvs" else { continue }
            let texts = cluster.argument("kubeproxy", "ipvs-exclude-cidrs").map { text in
                text.value.split(separator: ",").map { Found($0.trimmed, text.place) }
            }
            checkExclusion(texts ?? [], at: mode.place)
            if cluster.argument("kubeproxy", "ipvs-strict-arp")?.value != "true" {
                checkARP(at: mode.place, remedy: "set ipvs-strict-arp to true")
            }
        }
    }

    /// It deletes every IPVS service of others, at each sync, unless the address is excluded.
    private mutating func checkExclusion(_ excluded: [Found<String>], at place: Place) {
        let blocks = excluded.compactMap { CIDR($0.value) }
        let ofKubeVIP = material.kubeVIPs.filter { $0.isOn("lb_enable") }.compactMap(\.address)
            .map { (address: $0.value, place: $0.place) }
        let ofGuardian = picture.virtual.filter { $0.holder == .guardian }.map {
            (address: $0.address, place: $0.place)
        }
        var seen: Set<IPAddress> = []
        for (address, origin) in ofGuardian + ofKubeVIP where seen.insert(address).inserted {
            if blocks.contains(where: { $0.contains(address) }) { continue }
            report(
                .ipvsWithoutExclusion, at: place,
                "kube-proxy in ipvs mode deletes the IPVS service of \(address) (\(origin)) at its next sync",
                "add \(CIDR(host: address)) to ipvs.excludeCIDRs")
        }
    }

    /// In ipvs mode every node has every Service address on kube-ipvs0, and answers ARP for it unless told not to.
    private mutating func checkARP(at place: Place, remedy: String) {
        guard let pod = material.kubeVIPs.first(where: { $0.isOn("svc_enable") && $0.isOn("vip_arp") }) else { return }
        report(
            .ipvsWithoutStrictARP, at: place,
            "kube-proxy in ipvs mode makes every node answer ARP for the Service addresses that kube-vip announces"
                + " (\(pod.image.place))", remedy)
    }
}
