// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import Synchronization

/// Tokens and logins, got when a registry asks for them and kept for its repository.
final class RegistryLogins: Sendable {
    private let config: DockerConfig
    private let known = Mutex<[String: String]>([:])
    private let hasTold = Atomic(false)

    init(_ config: DockerConfig) { self.config = config }

    private struct TokenAnswer: Decodable {
        var token: String?
        /// The same under its name in OAuth 2.0; some servers send only one of them.
        var access_token: String?
    }

    /// The Authorization header that worked last.
    func current(for place: RegistryPlace) -> String? { known.withLock { $0[place.host + "/" + place.path] } }

    /// Answers a 401.
    /// - Throws: `TransferFailure`, also when there is nothing to answer with.
    func answer(_ refusal: TransferFailure, for place: RegistryPlace, _ session: FetchSession) async throws -> String {
        let challenges = refusal.challenges.compactMap(AuthChallenge.init)
        let login = config.basic(for: place.registry)
        // Only who is asked for a login needs to know why there is none.
        if login == nil, !hasTold.exchange(true, ordering: .relaxed) {
            for note in config.notes { session.progress.note(note) }
        }
        for challenge in challenges {
            guard case .bearer(let realm, let service, let scope) = challenge else { continue }
            let query = [("service", service), ("scope", scope ?? place.scope)].compactMap { name, value in
                value.map { "\(name)=\(Self.escaped($0))" }
            }
            let url = realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&")
            return keep("Bearer \(try await token(url, login, session))", for: place)
        }
        guard challenges.contains(.basic), let login else { throw refusal }
        return keep(login, for: place)
    }

    private func keep(_ header: String, for place: RegistryPlace) -> String {
        known.withLock { $0[place.host + "/" + place.path] = header }
        return header
    }

    private func token(_ url: String, _ login: String?, _ session: FetchSession) async throws -> String {
        let server = "the token server \(URLParts(url)?.host ?? "it names")"
        do {
            let body = try await session.get(HTTPRequest(url: url, authorization: login), limit: 1 << 20).body
            let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(body))
            // It becomes part of a header line.
            guard let token = answer?.token ?? answer?.access_token, !token.isEmpty,
                token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                throw TransferFailure(
                    reason: .other, message: "\(server) sends no token",
                    remedy: "check that it is the right registry, or use a mirror (--mirror)")
            }
            return token
        } catch let failure as TransferFailure {
            throw TransferFailure(
                reason: failure.reason,
                message: failure.message.contains(server) ? failure.message : "\(server): \(failure.message)",
                remedy: failure.remedy, pause: failure.pause)
        }
    }

    /// RFC 3986, 2.3.
    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~".contains(character))
            return isPlain ? String(character) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}
