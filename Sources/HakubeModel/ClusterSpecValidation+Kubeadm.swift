// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The user's own kubeadm documents: of known kinds, in the version that this kubeadm reads, and beside hakube's own keys.
extension ClusterSpecValidation {
    mutating func checkKubeadm(kubernetes: KubernetesVersion?, vip: IPAddress?) {
        var seen: [String: KubeadmDocument] = [:]
        for document in inventory.kubeadm {
            let kind = document.kind
            guard let rules = KubeadmKind(rawValue: kind.value) else {
                refuse(
                    kind.place, "hakube has no document of the kind `\(kind.value)` to merge this one over",
                    "choose from \(KubeadmKind.allCases.map(\.rawValue).joined(separator: ", "))")
                continue
            }
            if let first = seen[kind.value] {
                refuse(
                    kind.place, "\(kind.value) is given twice, first at \(first.place)", "put both into one document")
            }
            seen[kind.value] = seen[kind.value] ?? document
            checkVersion(document, rules, kubernetes)
            for (path, instead) in rules.owned {
                guard let field = document[path] else { continue }
                refuse(field.place, "`\(path)` of \(kind.value) is hakube's own", instead)
            }
            checkExclusion(document, vip: vip)
            checkAnonymous(document)
        }
    }

    private mutating func checkVersion(
        _ document: KubeadmDocument, _ rules: KubeadmKind, _ kubernetes: KubernetesVersion?
    ) {
        guard let kubernetes else { return }
        let expected = rules.apiVersion(kubernetes)
        guard document.apiVersion.value != expected else { return }
        let remedy =
            document.group == "kubeadm.k8s.io" && expected.hasPrefix("kubeadm.k8s.io")
            ? "write it for \(expected), the fields differ" : "write \(expected)"
        refuse(
            document.apiVersion.place,
            "\(document.kind.value) has the apiVersion `\(document.apiVersion.value)`, but with \(kubernetes) it is \(expected)",
            remedy)
    }

    /// In ipvs mode kube-proxy deletes the guardian's service unless the VIP is excluded; a list of the user replaces ours.
    private mutating func checkExclusion(_ document: KubeadmDocument, vip: IPAddress?) {
        guard let list = document["ipvs.excludeCIDRs"], let vip else { return }
        let blocks = document.fields.filter { $0.path.hasPrefix("ipvs.excludeCIDRs.") }.compactMap(\.value)
        if blocks.contains(where: { CIDR($0)?.contains(vip) ?? false }) { return }
        refuse(
            list.place, "`ipvs.excludeCIDRs` leaves out the VIP, and kube-proxy would delete the guardian's service",
            "add \(CIDR(host: vip)) to the list")
    }

    /// The probes in kubeadm's static pods bring no credentials. Only patches can give them some.
    private mutating func checkAnonymous(_ document: KubeadmDocument) {
        let isPatched = inventory.kubeadm.contains { $0["patches.directory"] != nil }
        guard document.kind.value == KubeadmKind.cluster.rawValue, !isPatched else { return }
        let off = document.fields.first {
            $0.path == "apiServer.extraArgs.anonymous-auth" && $0.value.map(KubeadmKind.isFalse) ?? false
        }
        guard let off else { return }
        refuse(
            off.place,
            "with `anonymous-auth` off the API server answers 401 to the kubelet's probes, which restarts it again and again",
            "leave it out; without credentials there is little more than health and version to see")
    }
}
