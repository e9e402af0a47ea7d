// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials

/// Binary data between two lines, as OpenSSH writes keys and signatures (RFC 7468 in shape).
struct Armor {
    let begin: String
    let end: String

    static let privateKey = Armor("OPENSSH PRIVATE KEY")
    static let signature = Armor("SSH SIGNATURE")

    private init(_ label: String) {
        begin = "-----BEGIN \(label)-----"
        end = "-----END \(label)-----"
    }

    /// The data of the first block; `nil` if there is none, or if it is damaged.
    func data(in text: String) -> [UInt8]? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingBlanks }
        guard let first = lines.firstIndex(of: begin[...]), let last = lines[first...].firstIndex(of: end[...]) else {
            return nil
        }
        return Data(base64Encoded: lines[first + 1..<last].joined()).map { [UInt8]($0) }
    }

    /// In lines of 70 characters, as ssh-keygen writes them.
    func text(_ data: [UInt8]) -> String {
        var rest = Data(data).base64EncodedString()[...]
        var lines = [begin]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(70)))
            rest = rest.dropFirst(70)
        }
        return (lines + [end]).joined(separator: "\n") + "\n"
    }
}

extension Substring {
    /// Without blanks at its end, which editors and mail leave behind.
    fileprivate var trimmingBlanks: Substring {
        var text = self
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return text
    }
}
