// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A reference as people write it, made full as docker and containerd make it.
package struct ImageName: Sendable, Hashable {
    /// HOST or HOST:PORT; `docker.io` for Docker Hub.
    package let registry: String
    /// `library/busybox`, without the registry.
    package let path: String
    package let tag: String?
    /// `sha256:…`.
    package let digest: String?

    /// `nil` when it is no reference. Without tag and digest the tag is `latest`.
    package init?(_ text: String) {
        let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        digest = halves.count == 2 ? String(halves[1]) : nil
        if let digest { guard ImageDigest.isValid(digest) else { return nil } }
        var parts = halves[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let last = parts.popLast() else { return nil }
        let pieces = last.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        parts.append(pieces[0])
        tag = pieces.count == 2 ? pieces[1] : digest == nil ? "latest" : nil
        if let tag { guard Self.isTag(tag) else { return nil } }
        if parts.count > 1, Self.isHost(parts[0]) {
            let host = parts.removeFirst()
            registry = host == "index.docker.io" ? "docker.io" : host
        } else {
            registry = "docker.io"
        }
        if registry == "docker.io", parts.count == 1 { parts.insert("library", at: 0) }
        guard !parts.isEmpty, parts.allSatisfy(Self.isPathPart) else { return nil }
        path = parts.joined(separator: "/")
    }

    /// Registry and path.
    package var repository: String { "\(registry)/\(path)" }

    package var text: String { repository + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

    /// The form under which containerd looks up an image that is asked for with a digest: it drops the tag then.
    package var pinnedText: String? { digest.map { "\(repository)@\($0)" } }

    /// `kube-apiserver` of registry.k8s.io/kube-apiserver:v1.36.4.
    package var lastPart: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The repository without the last part: kubeadm's imageRepository.
    package var parentRepository: String { String(repository.dropLast(lastPart.count + 1)) }

    /// What stands behind `/manifests/`.
    package var target: String { digest ?? tag ?? "latest" }

    /// For a line of progress: `pause:3.10`.
    package var short: String {
        "\(lastPart):\(tag ?? String(target.dropFirst("sha256:".count).prefix(12)))"
    }

    /// True for a name with registry, path and a tag or digest. containerd keeps an image under exactly the name it was
    /// imported with, and the kubelet asks for the full one: a short name would be imported and never found.
    package static func isFull(_ text: String) -> Bool { ImageName(text)?.text == text }

    private static func isHost(_ text: String) -> Bool {
        text == "localhost" || text.contains(".") || text.contains(":") || text.contains { $0.isUppercase }
    }

    private static func isPathPart(_ part: String) -> Bool {
        !part.isEmpty && part.utf8.allSatisfy { isLowerOrDigit($0) || "._-".utf8.contains($0) }
            && part.utf8.first.map(isLowerOrDigit) == true && part.utf8.last.map(isLowerOrDigit) == true
    }

    private static func isTag(_ tag: String) -> Bool {
        (1...128).contains(tag.utf8.count) && !tag.hasPrefix(".") && !tag.hasPrefix("-")
            && tag.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
