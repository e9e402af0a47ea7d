// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The first 20 bytes of an ELF file: class, byte order and e_machine (System V ABI, gabi 4.1).
package enum ELF {
    /// The architecture in Go's spelling, a number for one that hakube does not know, `nil` for no ELF file.
    package static func architecture(_ head: [UInt8]) -> String? {
        guard head.count >= 20, head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        let isLittle = head[5] == 1
        let machine = isLittle ? Int(head[18]) | Int(head[19]) << 8 : Int(head[19]) | Int(head[18]) << 8
        switch (head[4], isLittle, machine) {
        case (2, true, 62): return Architecture.amd64.rawValue
        case (2, true, 183): return Architecture.arm64.rawValue
        case (2, true, 21): return Architecture.ppc64le.rawValue
        case (2, false, 22): return Architecture.s390x.rawValue
        default: return "machine \(machine)"
        }
    }
}
