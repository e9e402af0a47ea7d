// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation
package import HakubeModel
import Synchronization

/// The values of one run: credentials made here, and what was read from hosts on the way. Nothing of it is written down.
package final class RuntimeValues: Sendable {
    /// How long the token of a run lives: as long as kubeadm keeps the uploaded certificates.
    package static let lifetime = Duration.seconds(2 * 3600)

    private let values: Mutex<[RuntimeValue: String]>
    /// By the registry's name, in base64.
    private let logins = Mutex<[String: String]>([:])
    private let concealed = Mutex<[String]>([])

    /// Makes a fresh token and certificate key.
    package init(now: Date = Date()) {
        let id = Self.random(6, of: "abcdefghijklmnopqrstuvwxyz0123456789")
        let secret = Self.random(16, of: "abcdefghijklmnopqrstuvwxyz0123456789")
        let expiry = now.addingTimeInterval(TimeInterval(Self.lifetime.components.seconds))
        values = Mutex([
            .bootstrapToken: "\(id).\(secret)", .bootstrapTokenID: id, .bootstrapTokenSecret: secret,
            .certificateKey: Self.random(64, of: "0123456789abcdef"),
            .tokenExpiry: expiry.formatted(.iso8601),
        ])
    }

    package func set(_ kind: RuntimeValue, to value: String) { values.withLock { $0[kind] = value } }

    /// Takes the logins to registries whose passwords the operator has given.
    package func learn(_ registries: [Registry]) {
        for registry in registries {
            guard let login = registry.login, let password = login.password else { continue }
            conceal(password)
            set(login: Data("\(login.username):\(password.exposed)".utf8).base64EncodedString(), to: registry.host)
        }
    }

    /// - Parameter login: base64 of `username:password`.
    func set(login: String, to registry: String) {
        conceal(Secret(login))
        logins.withLock { $0[registry] = login }
    }

    /// - Throws: `MissingRuntimeValue` for a marker whose value no step has brought yet.
    func resolve(_ text: String) throws -> String {
        try text.resolvingRuntimeValues { kind in
            guard let value = values.withLock({ $0[kind] }) else { throw MissingRuntimeValue(name: kind.rawValue) }
            return value
        }.resolvingRegistryLogins { host in
            guard let login = logins.withLock({ $0[host] }) else { throw MissingRuntimeValue(name: "login to \(host)") }
            return login
        }
    }

    /// Blots out a secret that came from elsewhere, a password for instance, wherever a host might print it.
    package func conceal(_ secret: Secret) {
        guard !secret.exposed.isEmpty else { return }
        concealed.withLock { $0.append(secret.exposed) }
    }

    /// `text` with every secret of this run blotted out.
    func redact(_ text: String) -> String {
        let made = values.withLock { values in
            values.filter(\.key.isConfidential).sorted { $0.key.rawValue < $1.key.rawValue }.flatMap {
                Self.pieces($0.value)
            }
        }
        // The longest first: a short one may be part of a longer one, which would then stay readable for the rest.
        let secrets = (made + concealed.withLock { $0 }).sorted { $0.count > $1.count }
        return secrets.reduce(text) { $0.replacing($1, with: "[redacted]") }
    }

    /// What a host can print of a value: a key of several lines comes line by line. Lines that say nothing but what it is
    /// stand in every key, and short ones in any text.
    private static func pieces(_ value: String) -> [String] {
        guard value.contains("\n") else { return [value] }
        return value.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("-----") && $0.utf8.count >= 16 }
    }

    /// The system's generator is the kernel's on Linux (getrandom), fit for keys.
    private static func random(_ count: Int, of alphabet: String) -> String {
        let characters = Array(alphabet)
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).map { _ in characters[Int.random(in: 0..<characters.count, using: &generator)] })
    }
}

/// A plan asks for a value before any step has brought it: a fault of the planner.
struct MissingRuntimeValue: Error, CustomStringConvertible {
    let name: String

    var description: String { "no step has brought the \(name) yet, which this one needs" }
}
