// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Rules for the paths inside a bundle. They land on hosts as root and in `sha256sum -c` lists, so they are plain.
enum BundlePath {
    /// Made on the way to a host, or the manifest itself; never listed.
    static let reserved: Set<String> = ["SHA256SUMS", "hakube-bundle.json", "hakube-bundle.sig"]

    /// What is wrong with a path, in words; `nil` if nothing is.
    static func fault(_ path: String) -> String? {
        if path.hasPrefix("/") { return "the path is absolute" }
        if path.utf8.count > TarHeader.maximumPath {
            return "the path has \(path.utf8.count) bytes, and \(TarHeader.maximumPath) is the most"
        }
        if reserved.contains(path) { return "the name is hakube's own" }
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            if part == ".." || part == "." || part.isEmpty { return "the path has a part `\(part)`" }
            if part.hasPrefix("-") { return "the path has a part that begins with a dash" }
            guard part.utf8.allSatisfy(isPlain) else {
                return "the path has characters other than letters, digits and ._-+@=:,~"
            }
        }
        return nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._-+@=:,~".utf8.contains(byte)
        }
    }
}
