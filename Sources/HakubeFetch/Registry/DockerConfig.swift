// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc

/// The logins of Docker's config.json. They go into request headers only, never into an argument list or a sentence.
struct DockerConfig: Sendable {
    /// `user:password` in base64, by host.
    private var logins: [String: String] = [:]
    /// What could not be used, one sentence each.
    private(set) var notes: [String] = []

    private struct Document: Decodable {
        struct Login: Decodable {
            var auth: String?
            var username: String?
            var password: String?
        }
        var auths: [String: Login]?
        var credsStore: String?
        var credHelpers: [String: String]?
    }

    init() {}

    /// Where docker itself looks: DOCKER_CONFIG, else ~/.docker.
    static var usualPath: String? {
        let variable = { (name: String) in getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
        return variable("DOCKER_CONFIG").map { "\($0)/config.json" }
            ?? variable("HOME").map { "\($0)/.docker/config.json" }
    }

    /// A file that is not there holds no login.
    init(path: String) {
        guard access(path, F_OK) == 0 else { return }
        guard let data = FileManager.default.contents(atPath: path),
            let document = try? JSONDecoder().decode(Document.self, from: data)
        else {
            notes.append("\(path) cannot be read, so images are pulled without a login")
            return
        }
        for (place, login) in document.auths ?? [:] {
            if let auth = login.auth, !auth.isEmpty {
                logins[Self.host(place)] = auth
            } else if let user = login.username, let password = login.password {
                logins[Self.host(place)] = Data("\(user):\(password)".utf8).base64EncodedString()
            }
        }
        let helped = Set((document.credHelpers ?? [:]).keys.map(Self.host)).subtracting(logins.keys)
        guard document.credsStore != nil || !helped.isEmpty else { return }
        notes.append("\(path) keeps logins in a credential helper, which hakube does not ask; `auths` there is used")
    }

    /// The value of an Authorization header, or `nil`.
    func basic(for host: String) -> String? { logins[Self.host(host)].map { "Basic \($0)" } }

    /// `https://index.docker.io/v1/` is how docker writes Docker Hub.
    private static func host(_ place: String) -> String {
        let bare = place.split(separator: "://").last.map(String.init) ?? place
        let host = bare.prefix { $0 != "/" }.lowercased()
        return ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : host
    }
}
