// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation

/// The courier as it goes to a host.
struct CourierProgram: Sendable {
    /// Compressed with gzip.
    let packed: [UInt8]
    /// Of the program itself.
    let sha256: String

    /// `nil` where the file cannot be read.
    init?(_ file: URL) {
        guard let data = try? Data(contentsOf: file), let packed = Gzip.packed(Array(data)) else { return nil }
        self.packed = packed
        sha256 = SHA256.hash(data: data).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
