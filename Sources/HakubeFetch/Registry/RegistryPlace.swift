// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A repository of an image, and where it is really asked for.
struct RegistryPlace: Sendable {
    let name: ImageName
    /// HOST or HOST:PORT whose logins are used: of the mirror where one is asked, never those of the image's own registry.
    let registry: String
    /// HOST or HOST:PORT that is connected to.
    let host: String
    /// The repository's path there.
    let path: String
    private let scheme: String
    private let isMirror: Bool

    init(_ name: ImageName, _ options: FetchOptions) {
        self.name = name
        let used = MirrorTable(options.mirrors).repository(name.repository)
        isMirror = used != name.repository
        let cut = used.firstIndex(of: "/") ?? used.endIndex
        let host = String(used[..<cut])
        registry = host
        // Docker Hub's API has another name than its images.
        self.host = host == "docker.io" ? "registry-1.docker.io" : host
        path = String(used[cut...].drop { $0 == "/" })
        let plain = Set(options.plainHTTP.map { $0.lowercased() })
        let bare = host.prefix { $0 != ":" }
        scheme = [host, String(bare)].contains { plain.contains($0.lowercased()) } ? "http" : "https"
    }

    func url(_ kind: String, _ target: String) -> String { "\(scheme)://\(host)/v2/\(path)/\(kind)/\(target)" }

    var scope: String { "repository:\(path):pull" }

    var subject: FetchSession.Subject {
        FetchSession.Subject(
            place: isMirror ? "\(name.text) (mirror: \(host)/\(path))" : name.text,
            whenMissing: isMirror
                ? "check that the mirror has it, or push it there" : "check the image's name and its tag",
            whenRefused: "check the name, and log in with `docker login \(registry)` where it needs a login")
    }
}
