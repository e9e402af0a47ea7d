// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What `hakube-guardian check` was asked to do.
package struct CheckOptions: Sendable, Hashable {
    package var targets: [CheckTarget]
    /// Other API servers of the cluster, asked only when a target answers 403.
    package var peers: [SocketAddress]
    package var certificateAuthority = GuardianOptions.defaultCertificateAuthority
    /// Milliseconds that the targets may take, and the peers once more.
    package var patience: Int64 = 1000

    package init(targets: [CheckTarget] = [], peers: [SocketAddress] = []) {
        self.targets = targets
        self.peers = peers
    }
}

/// One path of one server.
package struct CheckTarget: Sendable, Hashable, CustomStringConvertible {
    package let address: SocketAddress
    package let path: String
    package let isSecure: Bool

    package init(_ address: SocketAddress, path: String, isSecure: Bool) {
        self.address = address
        self.path = path
        self.isSecure = isSecure
    }

    /// Reads ADDRESS:PORT/PATH. The path has to be said: an API server answers 403 to a stranger's `/`, whatever its state.
    ///
    /// - Throws: `UsageError` with the option's name.
    init(_ text: String, isSecure: Bool, for option: String) throws(UsageError) {
        let slash = text.firstIndex(of: "/") ?? text.endIndex
        guard let address = SocketAddress(String(text[..<slash])), slash < text.endIndex,
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw UsageError("\(option) \"\(text)\" is not ADDRESS:PORT/PATH, as 127.0.0.1:6443/readyz")
        }
        self.init(address, path: String(text[slash...]), isSecure: isSecure)
    }

    package var description: String { "\(isSecure ? "https" : "http")://\(address)\(path)" }
}
