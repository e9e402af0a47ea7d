// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport

/// Runs a line of shell in a folder.
enum Shell {
    static let hasZstd = FileManager.default.isExecutableFile(atPath: "/usr/bin/zstd")

    static func run(_ line: String, in folder: String) throws -> String {
        try LocalProgram.run(["/bin/sh", "-euc", "cd \"$0\"; exec 2>/dev/null; \(line)", folder])
    }
}
