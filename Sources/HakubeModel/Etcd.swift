// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Where the API servers keep all that they know.
package enum Etcd: Sendable, Hashable {
    /// A member on every master, as kubeadm does it by itself.
    case stacked
    /// Members on hosts of their own, which hakube makes. At least one, in the order of the inventory.
    case hosts([Host])
    /// An etcd that somebody else runs.
    case external(ExternalEtcd)

    /// The hosts that have the role `etcd`.
    package var hosts: [Host] {
        if case .hosts(let hosts) = self { hosts } else { [] }
    }

    package var isExternal: Bool { if case .external = self { true } else { false } }

    /// The same with other hosts of its own; the other forms have none.
    package func with(hosts: [Host]) -> Etcd {
        if case .hosts = self { .hosts(hosts) } else { self }
    }

    /// What a record may hold.
    var withoutCredentials: Etcd {
        guard case .external(let etcd) = self else { return self }
        return .external(ExternalEtcd(endpoints: etcd.endpoints))
    }
}

/// An etcd that somebody else runs, as API servers reach it.
package struct ExternalEtcd: Sendable, Hashable {
    /// At least one, in the order of the inventory.
    package let endpoints: [EtcdEndpoint]
    /// `nil` where the specification comes from a cluster's record: the masters have them.
    package let credentials: EtcdCredentials?

    package init(endpoints: [EtcdEndpoint], credentials: EtcdCredentials? = nil) {
        self.endpoints = endpoints
        self.credentials = credentials
    }
}

/// By what API servers and etcd know each other, as PEM.
package struct EtcdCredentials: Sendable, Hashable {
    /// Who signed the certificates of etcd's servers.
    package let ca: String
    /// The client's own, its issuers behind it.
    package let certificate: String
    package let key: Secret

    package init(ca: String, certificate: String, key: Secret) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
    }
}

/// Where a member of etcd serves clients, by TLS always.
package struct EtcdEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// An address, or a DNS name that the masters can resolve.
    package let host: String
    package let port: Int

    package static let clientPort = 2379
    package static let peerPort = 2380

    package init(host: String, port: Int = clientPort) {
        self.host = host
        self.port = port
    }

    /// Reads `https://HOST:PORT`; a slash may follow. `nil` for anything else.
    package init?(_ text: String) {
        guard text.hasPrefix("https://") else { return nil }
        let rest = text.dropFirst("https://".count)
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        guard let colon = authority.lastIndex(of: ":"),
            let port = Naming.port(String(authority[authority.index(after: colon)...]))
        else { return nil }
        let host = String(authority[..<colon])
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), let address = IPAddress(String(host.dropFirst().dropLast())),
                address.family == .v6
            else { return nil }
            self.init(host: address.description, port: port)
        } else {
            guard IPAddress(host)?.family == .v4 || Naming.looksLikeHostName(host) else { return nil }
            self.init(host: host, port: port)
        }
    }

    /// As kubeadm and the API servers take it.
    package var description: String { "https://\(IPAddress(host)?.bracketed ?? host):\(port)" }
}

extension Inventory {
    /// `etcd`, as written.
    package struct EtcdSection: Sendable, Hashable {
        package let place: String
        package var hosts: Group?
        package var endpoints: [Placed<String>]?
        /// Paths of files on the operator's machine.
        package var ca: Placed<String>?
        package var cert: Placed<String>?
        package var key: Placed<String>?

        package init(place: String) { self.place = place }

        /// The files that it names.
        package var files: [String] { [ca, cert, key].compactMap { $0?.value } }
    }
}
