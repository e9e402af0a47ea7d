// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
package import HakubeModel
package import HakubeTransport

/// A shell of this machine that takes a script on standard input, as a host's does.
package enum LocalShell {
    package static func run(_ script: Script) throws -> ScriptOutput {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/bin/sh")
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data("set -eu\n\(script.text)\n".utf8))
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return ScriptOutput(status: Int(process.terminationStatus), out: String(decoding: said, as: UTF8.self))
    }
}
