// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// Asks a program of the folder something that it answers at once.
enum ProgramQuestion {
    private static let patience = DispatchTimeInterval.seconds(15)

    private static let isolation: [String] = {
        let program = "/usr/bin/unshare"
        guard access(program, X_OK) == 0 else { return [] }
        return ProgramQuestion.ends(program, ["-n", "/bin/true"]) ? [program, "-n", "--"] : []
    }()

    private static func ends(_ program: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// Standard output; `nil` where the program cannot be run, fails, or does not end in time.
    static func output(of program: String, _ arguments: [String]) -> String? {
        let process = Process()
        // Without a network, where that can be had: nobody has proved the program yet.
        let command = (getuid() == 0 ? isolation : []) + [program] + arguments
        process.executableURL = URL(filePath: command[0]).absoluteURL
        process.arguments = Array(command.dropFirst())
        // Nothing of the user's reaches it, no kubeconfig; and a proxy that leads nowhere.
        let nowhere = "http://127.0.0.1:9"
        process.environment = [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", "http_proxy": nowhere,
            "https_proxy": nowhere, "HTTP_PROXY": nowhere, "HTTPS_PROXY": nowhere,
        ]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        guard (try? process.run()) != nil else { return nil }
        let group = process.processIdentifier
        // Foundation starts each process as the leader of a group; what it started itself ends with it.
        defer { kill(-group, SIGKILL) }
        // The answers are shorter than what a pipe holds, so nobody waits for a reader.
        guard ended.wait(timeout: .now() + patience) == .success else {
            kill(group, SIGKILL)
            return nil
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else { return nil }
        return String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    }
}
