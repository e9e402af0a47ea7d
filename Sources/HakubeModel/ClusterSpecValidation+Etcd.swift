// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    /// - Parameter hosts: those of `etcd.hosts`, as far as they can be read.
    /// - Returns: `nil` after noting what cannot be.
    mutating func etcd(hosts: [PlacedHost]) -> Etcd? {
        guard let section = inventory.etcd else { return .stacked }
        let particulars =
            [("endpoints", section.endpoints?.first?.place), ("ca", section.ca?.place)]
            + [("cert", section.cert?.place), ("key", section.key?.place)]
        if let group = section.hosts {
            for (key, place) in particulars {
                guard let place else { continue }
                refuse(
                    place, "`\(key)` belongs to an etcd that somebody else runs, and `hosts` are hakube's",
                    "keep one of the two")
            }
            if hosts.isEmpty, group.unreadable == 0, group.entries.isEmpty {
                refuse(group.place, "`hosts` of etcd is empty", "list an odd number of hosts, or take `etcd` out")
            }
            return hosts.isEmpty ? nil : .hosts(hosts.map(\.host))
        }
        guard let written = section.endpoints, !written.isEmpty else {
            refuse(
                section.place, "`etcd` names neither hosts nor endpoints",
                "write hosts: [10.0.0.21-23], or endpoints, ca, cert and key of an etcd that runs already")
            return nil
        }
        if let local = inventory.kubeadm.lazy.compactMap({ $0["etcd.local"] }).first {
            refuse(
                local.place, "`etcd.local` of ClusterConfiguration is about an etcd of kubeadm's, and there is none",
                "take it out")
        }
        let endpoints = self.endpoints(written)
        guard let credentials = credentials(section), !endpoints.isEmpty else { return nil }
        return .external(ExternalEtcd(endpoints: endpoints, credentials: credentials))
    }

    private mutating func endpoints(_ written: [Placed<String>]) -> [EtcdEndpoint] {
        var found: [EtcdEndpoint] = []
        for item in written {
            let text = item.value
            guard let endpoint = EtcdEndpoint(text) else {
                refuse(
                    item.place, "`\(text)` is no endpoint of etcd's",
                    text.hasPrefix("http://")
                        ? "write https://, and let etcd speak TLS: it holds every Secret of the cluster"
                        : "write it as https://10.0.0.21:2379")
                continue
            }
            if found.contains(endpoint) {
                refuse(item.place, "the endpoint \(endpoint) stands twice", "leave one of them out")
                continue
            }
            if let reason = IPAddress(endpoint.host)?.unusable {
                refuse(item.place, "the endpoint \(endpoint) \(reason)", "write an address that every master can reach")
                continue
            }
            found.append(endpoint)
        }
        return found
    }

    /// All three files, with everything wrong about them.
    private mutating func credentials(_ section: Inventory.EtcdSection) -> EtcdCredentials? {
        let certificate = "-----BEGIN CERTIFICATE-----"
        let ca = file(section.ca, "ca", of: section, holding: certificate, what: "certificate")
        let own = file(section.cert, "cert", of: section, holding: certificate, what: "certificate")
        let key = file(section.key, "key", of: section, holding: "PRIVATE KEY-----", what: "private key")
        for (text, written) in [(ca, section.ca), (own, section.cert)] {
            guard let text, let written, text.contains("PRIVATE KEY") else { continue }
            // These two stand in plans, where anybody may read them.
            refuse(
                written.place, "the file \(written.value) holds a private key as well",
                "name a file with certificates only; the client's key has its own, `key`")
        }
        if let key, let written = section.key, key.contains("ENCRYPTED") {
            refuse(
                written.place, "the private key \(written.value) has a passphrase, and API servers know none",
                "write it without one: 'openssl pkey -in \(written.value) -out client.key'")
        }
        guard let ca, let own, let key else { return nil }
        return EtcdCredentials(ca: ca, certificate: own, key: Secret(key))
    }

    private mutating func file(
        _ written: Placed<String>?, _ key: String, of section: Inventory.EtcdSection, holding sign: String, what: String
    ) -> String? {
        guard let written else {
            refuse(
                section.place, "`etcd` has endpoints and no `\(key)`",
                "name the file: etcd lets in only who shows a certificate that it knows")
            return nil
        }
        guard let text = inventory.files[written.value] else {
            refuse(
                written.place, "the file \(written.value) could not be read", "check the path; it is on this machine")
            return nil
        }
        guard text.contains(sign) else {
            refuse(
                written.place, "the file \(written.value) holds no \(what) in PEM", "name the right file for `\(key)`")
            return nil
        }
        return text.hasSuffix("\n") ? text : text + "\n"
    }
}
