// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// `sha256:` and 64 lower-case hex digits, the only digest that images have here.
package enum ImageDigest {
    package static let prefix = "sha256:"

    package static func isValid(_ text: String) -> Bool {
        text.hasPrefix(prefix) && isHex(text.dropFirst(prefix.count))
    }

    package static func isHex(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
