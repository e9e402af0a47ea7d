// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpecValidation {
    /// In the order of the inventory.
    mutating func registries() -> [Registry] {
        var found: [Registry] = []
        for entry in inventory.registries {
            let host = entry.host.value
            if host != Registry.fallback && !(Naming.isImageRepository(host) && !host.contains("/")) {
                refuse(
                    entry.host.place, "`\(host)` is no name of a registry",
                    "write it as in an image's name, without scheme and path: docker.io, registry.example.com:5000, _default"
                )
            }
            if found.contains(where: { $0.host == host }) {
                refuse(
                    entry.host.place, "the registry \(host) stands twice", "keep one, with all endpoints")
            }
            if host == Registry.fallback && entry.endpoints.isEmpty {
                refuse(entry.host.place, "`_default` has no endpoints", "write endpoints: [https://mirror.example.com]")
            }
            for endpoint in entry.endpoints { check(endpoint) }
            found.append(
                Registry(
                    host: host, endpoints: entry.endpoints.map(\.value), ca: certificates(entry),
                    skipVerify: truth(entry.skipVerify)))
        }
        return found
    }

    private mutating func check(_ endpoint: Placed<String>) {
        let text = endpoint.value
        if text.contains("@") {
            refuse(
                endpoint.place, "an endpoint holds credentials, which would stand readable on every host",
                "leave them out, and give pods an image pull secret")
            return
        }
        let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
        let rest = text.dropFirst(scheme?.count ?? 0)
        let place = rest.hasSuffix("/") ? rest.dropLast() : rest
        guard scheme == nil || !Naming.isImageRepository(String(place)) else { return }
        refuse(
            endpoint.place, "`\(text)` is no endpoint of a registry",
            "write https://mirror.example.com:5000, or http:// where there is no TLS; a path may follow")
    }

    private mutating func certificates(_ entry: Inventory.RegistryEntry) -> String? {
        guard let ca = entry.ca else { return nil }
        guard let text = inventory.files[ca.value] else {
            refuse(ca.place, "the file \(ca.value) could not be read", "check the path; it is on this machine")
            return nil
        }
        if text.contains("PRIVATE KEY") {
            refuse(
                ca.place, "the file \(ca.value) holds a private key, which hosts shall not have",
                "name a file with certificates only")
        } else if !text.contains("-----BEGIN CERTIFICATE-----") {
            refuse(ca.place, "the file \(ca.value) holds no certificate in PEM", "name the CA's certificate")
        }
        return text
    }

    private mutating func truth(_ written: Placed<String>?) -> Bool {
        switch written?.value {
        case nil, "false": return false
        case "true": return true
        case .some(let other):
            refuse(written?.place ?? "", "`skipVerify` is `\(other)`", "write true or false")
            return false
        }
    }
}
