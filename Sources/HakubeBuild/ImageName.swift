// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// An image's name made full: `busybox:1.36` is docker.io/library/busybox:1.36, as containerd names it for kubelet.
struct ImageName: Hashable, Sendable {
    /// The whole name.
    let text: String
    /// Without tag and digest.
    let repository: String

    /// `nil` for what is no image's name. A name without tag and digest gets the tag `latest`.
    init?(_ written: String) {
        let halves = written.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var path = halves[0]
        var tag: String?
        if let colon = path.lastIndex(of: ":"), !path[colon...].contains("/") {
            tag = String(path[path.index(after: colon)...])
            path = String(path[..<colon])
        }
        let first = path.split(separator: "/", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let hasHost = path.contains("/") && (first.contains(".") || first.contains(":") || first == "localhost")
        if !hasHost { path = "docker.io/" + (path.contains("/") ? "" : "library/") + path }
        let isPlain = path.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "0"..."9", ".", "_", "-", "/", ":", "[", "]": true
            default: false
            }
        }
        guard isPlain, !path.split(separator: "/", omittingEmptySubsequences: false).contains(where: \.isEmpty),
            tag.map(Self.isTag) ?? true
        else { return nil }
        repository = path
        if halves.count == 2 {
            guard halves[1].hasPrefix("sha256:"), halves[1].utf8.count == 71 else { return nil }
            text = path + (tag.map { ":\($0)" } ?? "") + "@" + halves[1]
        } else {
            text = "\(path):\(tag ?? "latest")"
        }
    }

    /// What the sources' roles go by: `kube-apiserver`.
    var lastPart: String { repository.split(separator: "/").last.map(String.init) ?? repository }

    private static func isTag(_ tag: String) -> Bool {
        (1...128).contains(tag.utf8.count)
            && tag.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
                default: false
                }
            }
    }
}
