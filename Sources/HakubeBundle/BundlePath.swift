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
            if part.hasPrefix(".") { return "the path has a part that begins with a dot" }
            guard part.utf8.allSatisfy(isPlain) else {
                return "the path has characters other than letters, digits and ._-+@=:,~"
            }
        }
        return nil
    }

    /// What is wrong with the name of a manifest; `nil` if nothing is, and for all other paths. Objects of the API server are
    /// called after it: RFC 1123, of 253 bytes with what stands before it there.
    static func manifestFault(_ path: String) -> String? {
        guard path.hasPrefix(PodManifests.folder) else { return nil }
        let isSound =
            path.hasSuffix(".yaml") && path.utf8.count < 253 - 16
            && path.dropFirst(PodManifests.folder.count).dropLast(".yaml".count)
                .split(separator: ".", omittingEmptySubsequences: false)
                .allSatisfy { label in
                    !label.hasPrefix("-") && !label.hasSuffix("-") && (1...63).contains(label.utf8.count)
                        && label.utf8.allSatisfy { isLower($0) || $0 == UInt8(ascii: "-") }
                }
        return isSound ? nil : "is not called NAME.yaml, with a name of small letters, digits, dashes and dots"
    }

    private static func isLower(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
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
