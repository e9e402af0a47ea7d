// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Labels that a node shall have, and labels of hakube's that it shall no longer have. Others are none of its business.
struct LabelWish: Sendable, Hashable {
    /// `key=value`, sorted.
    let given: [String]
    /// Keys, sorted.
    let taken: [String]

    /// `nil` where hakube has nothing to give and nothing to take back.
    ///
    /// - Parameters:
    ///   - host: as the inventory has it.
    ///   - former: as the cluster's record has it; `nil` where hakube has given the node nothing yet.
    init?(_ host: Host, former: Host?, _ dialect: KubeadmDialect) {
        let own = dialect.ownLabels(of: host.role)
        given = host.labels.map { "\($0.key)=\($0.value)" }.sorted()
        taken = (former?.labels ?? [:]).keys.filter { host.labels[$0] == nil && !own.contains($0) }.sorted()
        guard !given.isEmpty || !taken.isEmpty else { return nil }
    }
}

/// Taints, likewise.
struct TaintWish: Sendable, Hashable {
    let given: [Taint]
    let taken: [Taint]

    /// `nil` where kubeadm's own choice holds and held: a master that was opened by hand stays open.
    init?(_ host: Host, former: Host?, _ dialect: KubeadmDialect) {
        guard host.taints != nil || former?.taints != nil else { return nil }
        let usual = host.role == .master ? dialect.controlPlaneTaints : []
        given = host.taints ?? usual
        // On a master kubeadm's own are hakube's to take: kubeadm was told which to set.
        let before = (former?.taints ?? []) + usual
        let kept = Set(given.map(Place.init))
        var seen: Set<Place> = []
        taken = before.filter { !kept.contains(Place($0)) && seen.insert(Place($0)).inserted }
        guard !given.isEmpty || !taken.isEmpty else { return nil }
    }

    /// A node has one taint of a key and an effect.
    private struct Place: Hashable {
        let key: String
        let effect: Taint.Effect

        init(_ taint: Taint) {
            key = taint.key
            effect = taint.effect
        }
    }
}

extension KubeadmDialect {
    /// Labels that the kubelet or kubeadm needs on a node, whoever wrote them first. kubeadm says `master` until 1.23,
    /// `control-plane` from 1.20 on, and keeps load balancers off control planes since then.
    func ownLabels(of role: Role) -> Set<String> {
        var labels: Set<String> = []
        for name in ["hostname", "os", "arch"] {
            labels.formUnion(["kubernetes.io/\(name)", "beta.kubernetes.io/\(name)"])
        }
        guard role == .master else { return labels }
        if !version.isAtLeast(1, 24) { labels.insert("node-role.kubernetes.io/master") }
        if version.isAtLeast(1, 20) {
            labels.formUnion([
                "node-role.kubernetes.io/control-plane", "node.kubernetes.io/exclude-from-external-load-balancers",
            ])
        }
        return labels
    }

    /// The label by which a pod finds the masters; its value is empty.
    var masterLabel: String { "node-role.kubernetes.io/" + (version.isAtLeast(1, 20) ? "control-plane" : "master") }
}
