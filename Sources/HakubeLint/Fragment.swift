// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// A text with its place in a file: the whole file, or a here-document of a script.
struct Fragment: Sendable {
    let file: String
    let text: String
    /// Lines of the file before this text.
    var offset = 0
    /// The file on a host that this text becomes; `nil`: the file itself.
    var target: String?
    var host = HostHint()
    /// Whether a part that is of no known kind is passed over.
    var isPart = false

    init(_ file: LintFile) {
        self.file = file.name
        // "\r\n" is one Character, which no comparison with a newline finds.
        text = file.text.withoutByteOrderMark.replacing("\r\n", with: "\n")
        host = HostHint(path: file.name)
    }

    init(file: String, text: String, offset: Int, target: String?, host: HostHint) {
        self.file = file
        self.text = text
        self.offset = offset
        self.target = target
        self.host = host
        isPart = true
    }

    func place(_ line: Int) -> Place { Place(file: file, line: max(1, line) + offset) }

    /// Every line with its place, without the newline.
    var lines: [Found<String>] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            Found(String($1), place($0 + 1))
        }
    }

    /// The last part of the path, lower case.
    var baseName: String {
        (target ?? file).split(separator: "/").last.map { $0.lowercased() } ?? ""
    }
}

/// What is known of the host that a file lies on, or that commands run on.
struct HostHint: Sendable, Hashable {
    var name: String?
    var address: IPAddress?
    /// Words of the file's path, any of which may be a host's name.
    var words: [String] = []

    init(name: String? = nil, address: IPAddress? = nil) {
        self.name = name
        self.address = address
    }

    /// A folder or a file is often named for its host: `10.0.0.1/etc/hosts`, `hosts-10.0.0.2`, `master3.haproxy.cfg`.
    init(path: String) {
        let parts = path.split(separator: "/").map(String.init)
        address = parts.lazy.compactMap { IPAddress($0) ?? Self.address(in: $0) }.first
        for part in parts.map({ $0.lowercased() }) {
            let names = part.split { !($0.isLetter || $0.isNumber || $0 == "-") }
            let pieces = part.split { !($0.isLetter || $0.isNumber) }
            words.append(part)
            words += (names + pieces).map(String.init)
        }
    }

    /// The name in a shell's prompt. Hosts are often named for their address: `10-0-0-1`.
    init(prompt name: String) {
        self.name = name
        let label = String(name.prefix { $0 != "." })
        address = IPAddress(label.replacing("-", with: "."))
    }

    /// The first IPv4 address inside a text.
    private static func address(in text: String) -> IPAddress? {
        for run in text.split(whereSeparator: { !($0.isASCII && ($0.isNumber || $0 == ".")) }) {
            let bare = run.trimming { $0 == "." }
            if let address = IPAddress(bare) { return address }
        }
        return nil
    }

    var isEmpty: Bool { name == nil && address == nil && words.isEmpty }
}

extension StringProtocol {
    /// Without the characters at both ends that `excess` is true for.
    func trimming(_ excess: (Character) -> Bool) -> String {
        guard let first = firstIndex(where: { !excess($0) }), let last = lastIndex(where: { !excess($0) }) else {
            return ""
        }
        return String(self[first...last])
    }

    var trimmed: String { trimming(\.isWhitespace) }

    /// Parts between blanks.
    var words: [String] { split { $0.isWhitespace }.map { String($0) } }
}

extension Collection<String> {
    /// `a, b and c`; after four the rest is counted.
    var inWords: String {
        let all = Array(self)
        guard all.count > 1, let last = all.last else { return all.first ?? "none" }
        if all.count > 5 { return all.prefix(4).joined(separator: ", ") + " and \(all.count - 4) more" }
        return all.dropLast().joined(separator: ", ") + " and " + last
    }
}
