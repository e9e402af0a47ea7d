// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a file must be, as its publisher says.
package struct Checksum: Sendable, Hashable {
    package enum Algorithm: String, Sendable, Hashable {
        case sha256, sha512

        var digits: Int { self == .sha256 ? 64 : 128 }
    }

    package let algorithm: Algorithm
    /// Lower case.
    package let hex: String

    /// `nil` when `hex` has not the algorithm's length or is no hexadecimal number; upper case is taken.
    package init?(_ algorithm: Algorithm, hex: some StringProtocol) {
        guard hex.utf8.count == algorithm.digits, hex.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        self.algorithm = algorithm
        self.hex = hex.lowercased()
    }

    /// From `sha256:HEX` or `sha512:HEX`, as image descriptors write it.
    package init?(_ text: String) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, let algorithm = Algorithm(rawValue: String(halves[0])) else { return nil }
        self.init(algorithm, hex: halves[1])
    }

    /// `sha256:HEX`.
    package var text: String { "\(algorithm.rawValue):\(hex)" }
}
