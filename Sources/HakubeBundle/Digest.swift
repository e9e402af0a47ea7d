// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Crypto
package import HakubeModel

enum Digest {
    static func hex(of bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    static func hex(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension ImageDigest {
    package static func of(_ bytes: [UInt8]) -> String { prefix + Digest.hex(of: bytes) }

    package static func text(_ digest: SHA256.Digest) -> String { prefix + Digest.hex(digest) }
}
