// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What names may look like, by the standards and Kubernetes' own rules.
package enum Naming {
    private static let lower = "abcdefghijklmnopqrstuvwxyz"
    private static let letters = Set(lower + lower.uppercased())
    private static let digits = Set("0123456789")

    /// A label of RFC 1123 in Kubernetes' reading: lower case, 63 characters at most.
    package static func isDNSLabel(_ text: some StringProtocol) -> Bool {
        bounded(text, by: Set(lower).union(digits), inside: ["-"]) && text.utf8.count <= 63
    }

    /// Labels with dots between them, 253 characters at most.
    package static func isDNSName(_ text: some StringProtocol) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isDNSLabel($0) }
    }

    /// A DNS name whose first label may be `*`, as certificates have it.
    package static func isCertificateName(_ text: String) -> Bool {
        isDNSName(text.hasPrefix("*.") ? String(text.dropFirst(2)) : text)
    }

    /// Any name that ssh may know. A last label of digits alone is a mistyped IPv4 address (RFC 3696, section 2).
    static func looksLikeHostName(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let known = letters.union(digits)
        guard let last = labels.last, !last.allSatisfy(digits.contains) else { return false }
        if text.split(separator: "-").allSatisfy({ part in part.allSatisfy { digits.contains($0) || $0 == "." } }) {
            return false
        }
        return labels.allSatisfy { bounded($0, by: known.union(["_"]), inside: ["-"]) }
    }

    /// The key of a label, annotation or taint: `name` or `prefix/name`.
    package static func isLabelKey(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, parts.count <= 2, parts.count == 1 || isDNSName(parts[0]) else { return false }
        return isLabelWord(name)
    }

    /// A label's value: empty, or 63 characters at most.
    package static func isLabelValue(_ text: String) -> Bool { text.isEmpty || isLabelWord(text) }

    /// A login name that ssh and sudo take without quoting.
    package static func isLogin(_ text: String) -> Bool {
        bounded(text, by: letters.union(digits).union(["_"]), inside: ["-", "."])
    }

    /// A network interface's name: 15 bytes at most (IFNAMSIZ), no blank, no slash.
    static func isInterface(_ text: String) -> Bool {
        bounded(text, by: letters.union(digits), inside: ["-", "_", ".", "@", ":"]) && text.utf8.count <= 15
    }

    /// A port from 1 to 65535, digits only.
    package static func port(_ text: String) -> Int? {
        guard !text.isEmpty, text.allSatisfy(digits.contains), let port = Int(text), (1...65535).contains(port) else {
            return nil
        }
        return port
    }

    /// `registry.example.com:5000/path`: a registry and a path, without scheme, tag or digest.
    package static func isImageRepository(_ text: String) -> Bool {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !parts.isEmpty else { return false }
        var registry = parts.removeFirst()
        if let colon = registry.lastIndex(of: ":") {
            guard port(String(registry[registry.index(after: colon)...])) != nil else { return false }
            registry = String(registry[..<colon])
        }
        let isAddress =
            registry.hasPrefix("[") && registry.hasSuffix("]")
            && IPAddress(registry.dropFirst().dropLast().trimmed) != nil
        let path = Set(lower).union(digits)
        return (isDNSName(registry) || isAddress)
            && parts.allSatisfy { bounded($0, by: path, inside: ["-", ".", "_"]) }
    }

    private static func isLabelWord(_ text: some StringProtocol) -> Bool {
        bounded(text, by: letters.union(digits), inside: ["-", "_", "."]) && text.utf8.count <= 63
    }

    /// Not empty, `ends` at both ends, `ends` and `inside` between them.
    private static func bounded(
        _ text: some StringProtocol, by ends: Set<Character>, inside: Set<Character>
    ) -> Bool {
        guard let first = text.first, let last = text.last, ends.contains(first), ends.contains(last) else {
            return false
        }
        return text.allSatisfy { ends.contains($0) || inside.contains($0) }
    }
}
