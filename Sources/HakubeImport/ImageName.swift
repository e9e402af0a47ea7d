// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import HakubeBundle

/// `sha256:` and 64 lower-case hex digits.
enum ImageDigest {
    static let prefix = "sha256:"

    static func isValid(_ text: String) -> Bool {
        let hex = text.dropFirst(prefix.count)
        return text.hasPrefix(prefix) && hex.utf8.count == 64
            && hex.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    static func of(_ bytes: [UInt8]) -> String { text(SHA256.hash(data: bytes)) }

    static func of(file: String) throws -> (digest: String, size: Int) {
        var sum = SHA256()
        var size = 0
        try ImportFile.read(file) { bytes in
            sum.update(bufferPointer: bytes)
            size += bytes.count
        }
        return (text(sum.finalize()), size)
    }

    static func text(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return prefix
            + String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// A full image name, as the kubelet makes it of a short one: docker.io and library where they are left out, latest for no tag.
struct ImageName: Hashable {
    let text: String
    /// Without tag and digest.
    let repository: String
    /// `sha256:…` of a name that has one.
    let digest: String?

    init?(_ written: String) {
        let halves = written.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var path = halves.first ?? ""
        var tag: String?
        if let colon = path.lastIndex(of: ":"), !path[colon...].contains("/") {
            tag = String(path[path.index(after: colon)...])
            path = String(path[..<colon])
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let first = parts.first.map(String.init) ?? ""
        if parts.count < 2 || !(first.contains(".") || first.contains(":") || first == "localhost") {
            path = "docker.io/" + (parts.count < 2 ? "library/" : "") + path
        }
        digest = halves.count == 2 ? halves[1] : nil
        guard path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(Self.isPlain),
            tag.map({ Self.isPlain($0[...]) && $0.utf8.count <= 128 }) ?? true, digest.map(ImageDigest.isValid) ?? true
        else { return nil }
        repository = path
        text = path + (tag.map { ":\($0)" } ?? (digest == nil ? ":latest" : "")) + (digest.map { "@\($0)" } ?? "")
    }

    /// `kube-apiserver` of registry.k8s.io/kube-apiserver:v1.36.4.
    var lastPart: String { repository.split(separator: "/").last.map(String.init) ?? repository }
    var tag: String? {
        let rest = text.dropFirst(repository.count)
        return rest.hasPrefix(":") ? String(rest.dropFirst().prefix { $0 != "@" }) : nil
    }

    private static func isPlain(_ part: Substring) -> Bool {
        !part.isEmpty && !part.hasPrefix("-") && part != ".." && part != "."
            && part.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122: true
                default: "._-:[]".utf8.contains(byte)
                }
            }
    }
}
