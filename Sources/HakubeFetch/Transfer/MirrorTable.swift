// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Where things come from in place of where they are said to be.
struct MirrorTable {
    private let mirrors: [Mirror]

    init(_ mirrors: [Mirror]) { self.mirrors = mirrors.sorted { $0.from.utf8.count > $1.from.utf8.count } }

    /// A mirror without a scheme stands for https.
    func url(_ url: String) -> String {
        for mirror in mirrors {
            let from = mirror.from.contains("://") ? mirror.from : "https://\(mirror.from)"
            guard let rest = Self.rest(of: url, behind: from) else { continue }
            let to = mirror.to.contains("://") ? mirror.to : "https://\(mirror.to)"
            return Self.joined(to, rest)
        }
        return url
    }

    /// - Parameter repository: registry and path, without a scheme.
    func repository(_ repository: String) -> String {
        for mirror in mirrors {
            guard let rest = Self.rest(of: repository, behind: Self.withoutScheme(mirror.from)) else { continue }
            return Self.joined(Self.withoutScheme(mirror.to), rest)
        }
        return repository
    }

    /// Names the URL that was asked for, and where it was looked for in its place.
    func subject(_ asked: String) -> FetchSession.Subject {
        let used = url(asked)
        let subject = FetchSession.Subject.file(asked)
        guard used != asked else { return subject }
        return FetchSession.Subject(
            place: "\(subject.place) (mirror: \(FetchSession.Subject.file(used).place))",
            whenMissing: "check that the mirror has it", whenRefused: "check that the mirror lets this machine in")
    }

    /// A prefix ends where a name ends: `https://dl.k8s.io` is none of `https://dl.k8s.io.example.org`.
    private static func rest(of text: String, behind prefix: String) -> Substring? {
        guard text.hasPrefix(prefix) else { return nil }
        let rest = text.dropFirst(prefix.count)
        return rest.isEmpty || prefix.hasSuffix("/") || rest.hasPrefix("/") ? rest : nil
    }

    private static func joined(_ to: String, _ rest: Substring) -> String {
        let base = to.hasSuffix("/") ? to.dropLast() : to[...]
        return "\(base)\(rest.isEmpty || rest.hasPrefix("/") ? "" : "/")\(rest)"
    }

    private static func withoutScheme(_ text: String) -> String {
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
            return String(text.dropFirst(scheme.count))
        }
        return text
    }
}
