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
                    skipVerify: truth(entry.skipVerify), login: login(entry)))
        }
        return found
    }

    private mutating func check(_ endpoint: Placed<String>) {
        let text = endpoint.value
        if text.contains("@") {
            refuse(
                endpoint.place, "an endpoint holds credentials, which everybody who sees the plan would read",
                "write username and passwordFile among the registry's keys")
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

    /// A name of RFC 7617 has no colon: the first one ends it.
    private mutating func login(_ entry: Inventory.RegistryEntry) -> RegistryLogin? {
        let host = entry.host.value
        guard let username = entry.username else {
            guard let file = entry.passwordFile else { return nil }
            refuse(file.place, "the registry \(host) has a passwordFile and no username", "write username: NAME, too")
            return nil
        }
        if username.value.isEmpty || username.value.contains(where: { $0 == ":" || $0.isControl }) {
            refuse(
                username.place, "`\(username.value)` cannot be the user of a registry",
                "write the name without colon and without its password")
        }
        guard let file = entry.passwordFile else {
            refuse(
                username.place, "the registry \(host) has a username and no passwordFile",
                "write passwordFile: PATH, a file of mode 0600 with the password on its first line")
            return nil
        }
        guard readsPasswords else { return RegistryLogin(username: username.value) }
        switch inventory.passwords[file.value] {
        case .password(let password): return RegistryLogin(username: username.value, password: password)
        case .refused(let message, let remedy): refuse(file.place, "the file \(file.value): \(message)", remedy)
        case nil:
            refuse(
                file.place, "the file \(file.value) could not be read", "check the path; it is on this machine")
        }
        return nil
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

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f } }
}
