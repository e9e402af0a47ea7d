// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTestSupport

/// A program of this machine that reads bytes and writes others.
enum LocalTool {
    static func run(_ command: String, on bytes: [UInt8]) throws -> [UInt8] {
        let folder = try ScratchFolder()
        try folder.write(bytes, to: "in")
        try LocalProgram.run(["/bin/sh", "-c", "cd \"$0\" && \(command) < in > out", folder.path])
        return try folder.bytes(of: "out")
    }
}
