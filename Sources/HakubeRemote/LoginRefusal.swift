// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeTransport

/// A log-in that did not work: what was possible, what was tried, and why other things were not.
package struct LoginRefusal {
    package let login: Login
    /// Methods the server would take, as it lists them.
    package var offered: [String] = []
    /// What was tried, as phrases.
    package var tried: [String] = []
    /// Why a method was not tried.
    package var notes: [String] = []

    package init(login: Login) { self.login = login }

    /// - Parameters:
    ///   - start: how it ended.
    ///   - remedy: where more is known than the methods tell.
    package func error(_ start: String, remedy: String? = nil, lacking: ClientLimit? = nil) -> TransportError {
        var parts = [start]
        if !offered.isEmpty { parts.append("it offers \(offered.joined(separator: ", "))") }
        parts.append(tried.isEmpty ? "nothing could be tried" : "tried: \(tried.joined(separator: ", "))")
        parts += notes
        return TransportError(
            .authentication, peer: login.peer, message: parts.joined(separator: "; "), remedy: remedy ?? usualRemedy,
            lacking: lacking)
    }

    private var usualRemedy: String {
        if !offered.isEmpty, offered.allSatisfy({ $0 == "publickey" }) {
            return "put the public key of --key into ~\(login.user)/.ssh/authorized_keys on the host"
        }
        return "check user, key and password (--user, --key, --password-file, or the inventory)"
    }
}
