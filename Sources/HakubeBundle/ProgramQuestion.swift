// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// Asks a program of the folder something that it answers at once.
enum ProgramQuestion {
    private static let patience = DispatchTimeInterval.seconds(15)

    /// Standard output; `nil` where the program cannot be run, fails, or does not end in time.
    static func output(of program: String, _ arguments: [String]) -> String? {
        let process = Process()
        process.executableURL = URL(filePath: program).absoluteURL
        process.arguments = arguments
        // Nothing of the user's reaches it: no proxy, no kubeconfig.
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        guard (try? process.run()) != nil else { return nil }
        // The answers are shorter than what a pipe holds, so nobody waits for a reader.
        guard ended.wait(timeout: .now() + patience) == .success else {
            kill(process.processIdentifier, SIGKILL)
            return nil
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else { return nil }
        return String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    }
}
