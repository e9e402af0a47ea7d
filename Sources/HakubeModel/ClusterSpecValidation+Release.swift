// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    mutating func kubernetes(bundle: KubernetesVersion?) -> KubernetesVersion? {
        guard let written = inventory.kubernetes else {
            guard let bundle else {
                refuse(
                    missing("--kubernetes"), "no Kubernetes version is given",
                    "name a bundle, or write the release as --kubernetes v1.34.2 or kubernetes: v1.34.2")
                return nil
            }
            return supported(bundle, place: "--bundle")
        }
        guard let version = KubernetesVersion(written.value), version.major == 1,
            version.preRelease.map({ Naming.isDNSName($0) }) ?? !written.value.contains("-")
        else {
            refuse(written.place, "`\(written.value)` is not a Kubernetes release", "write it as v1.34.2")
            return nil
        }
        guard let bundle, bundle != version else { return supported(version, place: written.place) }
        // Two numbers mean any patch release, so the bundle's is the one.
        let isMinorOnly = written.value.count(where: { $0 == "." }) == 1 && version.preRelease == nil
        if isMinorOnly, (bundle.major, bundle.minor) == (version.major, version.minor) {
            return supported(bundle, place: written.place)
        }
        refuse(
            written.place, "the bundle holds Kubernetes \(bundle), not \(version)",
            "take the bundle of \(version), or ask for \(bundle)")
        return nil
    }

    private mutating func supported(_ version: KubernetesVersion, place: String) -> KubernetesVersion? {
        // v1.15 is the first whose kubeadm speaks v1beta2 and joins control planes with uploaded certificates.
        guard version.isAtLeast(1, 15) else {
            refuse(
                place, "hakube installs no Kubernetes before v1.15, and this is \(version)", "choose a later release")
            return nil
        }
        return version
    }

    mutating func clusterName() -> String? {
        guard let written = inventory.cluster else { return "hakube" }
        guard Naming.isDNSLabel(written.value) else {
            let lower = written.value.lowercased()
            refuse(
                written.place, "`\(written.value)` cannot name a cluster",
                Naming.isDNSLabel(lower)
                    ? "write `\(lower)`" : "use lower-case letters, digits and dashes, 63 characters at most")
            return nil
        }
        return written.value
    }

    /// Nothing is pulled, so without a word from the user the names are those that the bundle's images have.
    mutating func imageRepository(kubernetes: KubernetesVersion?, bundle: String?) -> String? {
        guard let written = inventory.imageRepository else { return bundle ?? kubernetes?.usualImageRepository }
        guard Naming.isImageRepository(written.value) else {
            refuse(
                written.place, "`\(written.value)` is not an image repository",
                "write registry and path without scheme, tag or closing slash: registry.example.com:5000/k8s")
            return nil
        }
        return written.value
    }

    /// IPVS in kube-proxy is deprecated, nftables mode flushes foreign IPVS rules at its start: iptables harms nobody.
    mutating func proxyMode(kubernetes: KubernetesVersion?) -> ClusterSpec.ProxyMode? {
        guard let written = inventory.proxyMode else { return .iptables }
        guard let mode = ClusterSpec.ProxyMode(rawValue: written.value) else {
            refuse(
                written.place, "kube-proxy has no mode `\(written.value)`", "choose from iptables, ipvs and nftables")
            return nil
        }
        guard let kubernetes else { return mode }
        switch mode {
        case .iptables: break
        case .nftables:
            if !kubernetes.isAtLeast(1, 29) {
                refuse(
                    written.place, "kube-proxy of \(kubernetes) has no nftables mode, it came with v1.29",
                    "choose iptables or ipvs")
            } else if !kubernetes.isAtLeast(1, 31) {
                require(gate: "NFTablesProxyMode", of: written, kubernetes, why: "is alpha")
            }
        case .ipvs:
            if kubernetes.isAtLeast(1, 43) {
                refuse(
                    written.place, "kube-proxy of \(kubernetes) has no ipvs mode any more, it went with v1.43",
                    "choose iptables or nftables")
            } else if kubernetes.isAtLeast(1, 40) {
                require(gate: "KubeProxyIPVS", of: written, kubernetes, why: "is switched off")
            }
        }
        return mode
    }

    private mutating func require(
        gate: String, of mode: Placed<String>, _ kubernetes: KubernetesVersion, why: String
    ) {
        let proxy = inventory.kubeadm.first { $0.kind.value == "KubeProxyConfiguration" }
        if proxy?["featureGates.\(gate)"]?.value == "true" { return }
        refuse(
            mode.place, "the \(mode.value) mode of kube-proxy \(why) in \(kubernetes)",
            "choose iptables, or set featureGates.\(gate): true in a KubeProxyConfiguration under `kubeadm`")
    }

    /// The user's names for the API server's certificate, addresses in canonical form, each once.
    mutating func certificateNames() -> [String] {
        var names: [String] = []
        for written in inventory.certSANs {
            let text = written.value
            if let address = IPAddress(text) {
                names.append(address.description)
            } else if Naming.isCertificateName(text) {
                names.append(text)
            } else {
                refuse(
                    written.place, "`\(text)` cannot stand in a certificate",
                    Naming.isCertificateName(text.lowercased())
                        ? "write `\(text.lowercased())`" : "write a DNS name or an IP address without zone or port")
            }
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}
