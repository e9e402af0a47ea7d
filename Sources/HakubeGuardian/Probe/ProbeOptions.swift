// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What `hakube-guardian probe` was asked to do.
package struct ProbeOptions: Sendable, Hashable {
    /// Where the kubeconfig comes from.
    package enum Source: Sendable, Hashable {
        case file(String)
        /// Its text, for a caller that has it in memory.
        case text([UInt8])
    }

    package var kubeconfig: Source
    /// Asked in place of the kubeconfig's own server.
    package var server: ProbeServer?
    /// Asked of each new connection.
    package var path = "/readyz"
    /// Milliseconds from the begin of one request to that of the next.
    package var interval: Int64 = 50
    /// Milliseconds that each request has.
    package var timeout: Int64 = 1000
    /// The watch shall stand on the server with a certificate of this SHA-256, if the endpoint leads there at all.
    package var through: String?
    /// Seconds after which a probe ends by itself, however its input is.
    package var limit: Int64 = 600
    /// Only say what would be asked.
    package var isCheck = false

    package static let defaultKubeconfig = "/etc/kubernetes/kubelet.conf"

    package init(kubeconfig: Source = .file(defaultKubeconfig)) { self.kubeconfig = kubeconfig }
}

/// A server as a URL names it: a name or an address, and a port.
package struct ProbeServer: Sendable, Hashable, CustomStringConvertible {
    /// Without brackets.
    package let host: String
    package let port: UInt16

    /// nil unless it is `NAME:PORT`, `ADDRESS:PORT` or `[IPV6]:PORT`; without a port it is HTTPS's own.
    package init?(_ text: String) {
        var host = text[...]
        var port: Substring?
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
            host = host[host.index(after: host.startIndex)..<end]
            guard IPAddress(String(host))?.family == .v6 else { return nil }
        } else if let colon = host.lastIndex(of: ":") {
            port = host[host.index(after: colon)...]
            host = host[..<colon]
            guard !host.contains(":") else { return nil }
        }
        let isPlain = host.utf8.allSatisfy { (33...126).contains($0) && $0 != UInt8(ascii: "/") }
        guard !host.isEmpty, isPlain else { return nil }
        guard let port else {
            self.init(host: String(host), port: 443)
            return
        }
        guard port.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(port), number > 0 else {
            return nil
        }
        self.init(host: String(host), port: number)
    }

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// As it stands before a path in a URL.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
