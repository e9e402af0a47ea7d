// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A full image reference, REGISTRY/PATH:TAG or REGISTRY/PATH@sha256:DIGEST.
///
/// containerd keeps an image under exactly the name it was imported with, and kubelet asks for the full one: a short
/// name would be imported and never found.
struct ImageReference: Hashable {
    let text: String
    /// Without tag and digest.
    let repository: String
    /// `nil` when the image is named by digest alone.
    let tag: String?

    init?(_ text: String) {
        let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(halves[0])
        var digestHolds = false
        if halves.count == 2 {
            guard Digest.isValid(String(halves[1])) else { return nil }
            digestHolds = true
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, let host = parts.first, let last = parts.last else { return nil }
        let isHost = host == "localhost" || host.contains(".") || host.contains(":")
        let pieces = last.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        tag = pieces.count == 2 ? String(pieces[1]) : nil
        guard isHost, tag.map(Self.isTag) ?? digestHolds else { return nil }
        let path = parts.dropFirst().dropLast() + [pieces[0]]
        guard Self.isHost(host), path.allSatisfy(Self.isPathPart) else { return nil }
        self.text = text
        repository = ([host] + path).joined(separator: "/")
    }

    /// The name as containerd completes a short one: Docker's registry, its folder library, the tag latest.
    static func normalized(_ text: String) -> String {
        let name = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let hasHost = parts.count > 1 && (parts[0] == "localhost" || parts[0].contains(".") || parts[0].contains(":"))
        let full = hasHost ? text : "docker.io/" + (parts.count == 1 ? "library/" : "") + text
        let isTagged = text.contains("@") || parts.last?.contains(":") == true
        return isTagged ? full : full + ":latest"
    }

    private static func isHost(_ host: Substring) -> Bool {
        host.utf8.allSatisfy { isLower($0) || isDigit($0) || isUpper($0) || ".-:[]".utf8.contains($0) }
    }

    private static func isPathPart(_ part: Substring) -> Bool {
        !part.isEmpty && part.utf8.allSatisfy { isLower($0) || isDigit($0) || "._-".utf8.contains($0) }
    }

    private static func isTag(_ tag: String) -> Bool {
        (1...128).contains(tag.utf8.count) && !tag.hasPrefix(".") && !tag.hasPrefix("-")
            && tag.utf8.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || "._-".utf8.contains($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
