// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import HakubeBundle
import HakubeModel

extension ImageDigest {
    static func of(file: String) throws -> (digest: String, size: Int) {
        var sum = SHA256()
        var size = 0
        try ImportFile.read(file) { bytes in
            sum.update(bufferPointer: bytes)
            size += bytes.count
        }
        return (text(sum.finalize()), size)
    }
}
