// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials

/// What this machine's processor does in hardware, where it decides what is fast.
package enum Processor {
    private static let flags: Set<Substring> = {
        let text = (try? Data(contentsOf: URL(filePath: "/proc/cpuinfo"))).map { String(decoding: $0, as: UTF8.self) }
        // `flags` on amd64, `Features` on arm64.
        let line = (text ?? "").split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
        return Set((line ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" }))
    }()

    package static let hasAES = flags.contains("aes")
    package static let hasSHA256 = flags.contains("sha_ni") || flags.contains("sha2")
}
