// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// `host:port` as it stands in endpoints, servers and binds; IPv6 addresses in brackets.
struct HostPort: Sendable, Hashable, CustomStringConvertible {
    let host: String
    let port: Int?

    /// `nil` if there is no host or the port is none.
    init?(_ text: String) {
        var rest = text[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        rest = rest.prefix { $0 != "/" }
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
            host = String(rest[rest.index(after: rest.startIndex)..<close])
            rest = rest[rest.index(after: close)...]
        } else if IPAddress(String(rest))?.family == .v6 {
            host = String(rest)
            rest = ""
        } else {
            host = rest.prefix { $0 != ":" }.lowercased()
            rest = rest.drop { $0 != ":" }
        }
        if host.isEmpty { return nil }
        guard !rest.isEmpty else {
            port = nil
            return
        }
        guard rest.first == ":", let number = Naming.port(String(rest.dropFirst())) else { return nil }
        port = number
    }

    var address: IPAddress? { IPAddress(host) }

    var description: String {
        let shown = address?.bracketed ?? host
        return port.map { "\(shown):\($0)" } ?? shown
    }
}
