// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport

/// A program of this machine that reads bytes and writes others.
enum LocalTool {
    struct Failure: Error { let command: String }

    static func run(_ command: String, on bytes: [UInt8]) throws -> [UInt8] {
        let folder = try ScratchFolder()
        try folder.write(bytes, to: "in")
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "\(command) < in > out"]
        process.currentDirectoryURL = URL(filePath: folder.path)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(command: command) }
        return try folder.bytes(of: "out")
    }
}
