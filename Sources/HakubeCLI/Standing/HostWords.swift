// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTransport

/// What a script printed as lines of a key and a text in base64, the last of them `end`.
struct HostWords {
    /// In the order in which they came; a line without a text is left out.
    let pairs: [(key: Substring, data: Data)]

    /// `nil` when the host did not say all of it.
    init?(_ output: ScriptOutput) {
        pairs = output.out.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let data = Data(base64Encoded: String(parts[1])) else { return nil }
            return (parts[0], data)
        }
        guard pairs.contains(where: { $0.key == "end" }) else { return nil }
    }
}
