// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A child process whose lines can be waited for. Ends with its owner.
final class ChildProcess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()
    /// All lines so far, of standard output and standard error.
    private(set) var lines: [String] = []
    private var partial: [UInt8] = []

    /// - Throws: when the program cannot be started.
    init(_ arguments: [String], in directory: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = input
        try process.run()
    }

    deinit { if process.isRunning { kill(SIGKILL) } }

    var processID: Int32 { process.processIdentifier }

    func kill(_ signal: Int32) { Glibc.kill(process.processIdentifier, signal) }

    func say(_ text: String) { try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func closeInput() { try? input.fileHandleForWriting.close() }

    /// Reads until a line contains the text, and returns that line.
    /// - Throws: when the process ends or the time is over before.
    @discardableResult
    func line(containing text: String, within seconds: Double = 15, after start: Int = 0) throws -> String {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while true {
            if let line = lines.dropFirst(start).first(where: { $0.contains(text) }) { return line }
            guard try readMore(until: deadline) else {
                throw Failure(description: "ended without \"\(text)\":\n" + lines.joined(separator: "\n"))
            }
        }
    }

    /// Reads to the end of output and returns the exit code.
    /// - Throws: when the time is over before.
    @discardableResult
    func exitCode(within seconds: Double = 15) throws -> Int32 {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while try readMore(until: deadline) {}
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// false at the end of output.
    private func readMore(until deadline: Date) throws -> Bool {
        let descriptor = output.fileHandleForReading.fileDescriptor
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, Int32(max(0, deadline.timeIntervalSinceNow * 1000))) > 0 else {
            throw Failure(description: "nothing more in time:\n" + lines.joined(separator: "\n"))
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return false }
        for byte in buffer[..<count] {
            guard byte == 0x0a else {
                partial.append(byte)
                continue
            }
            lines.append(String(decoding: partial, as: UTF8.self))
            partial = []
        }
        return true
    }
}
