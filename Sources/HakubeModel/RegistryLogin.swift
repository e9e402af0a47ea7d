// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Who the container runtime says it is when it asks a registry.
package struct RegistryLogin: Sendable, Hashable {
    package let username: String
    /// `nil`: only the hosts know it, where an earlier run put it.
    package let password: Secret?

    package init(username: String, password: Secret? = nil) {
        self.username = username
        self.password = password
    }

    /// Stands in a text where a registry's login belongs: base64 of `username:password`, as an Authorization header has it
    /// (RFC 7617). The engine puts it in on the way to the host.
    package static func marker(of host: String) -> String { "\(opening)\(host)\(closing)" }

    /// A value of valid form for files rendered without a run: base64 of `USERNAME:PASSWORD`.
    package static let placeholder = "VVNFUk5BTUU6UEFTU1dPUkQ="

    fileprivate static let opening = "<<hakube:registry-login:"
    fileprivate static let closing = ">>"
}

extension String {
    /// Replaces the marker of each registry's login by what `value` gives for the registry.
    package func resolvingRegistryLogins(_ value: (_ host: String) throws -> String) rethrows -> String {
        var rest = self[...]
        var resolved = ""
        while let start = rest.firstRange(of: RegistryLogin.opening),
            let end = rest[start.upperBound...].firstRange(of: RegistryLogin.closing)
        {
            resolved += rest[..<start.lowerBound]
            resolved += try value(String(rest[start.upperBound..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return resolved + rest
    }
}

/// What became of reading a file with a password, whose path an inventory has.
package enum PasswordReading: Sendable, Hashable {
    case password(Secret)
    /// What is wrong with the file, and what to do about it.
    case refused(message: String, remedy: String)
}
