// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeProcess
import HakubeRemote

/// A program that says something and ends.
enum ProgramAnswer {
    /// - Returns: exit status and both streams.
    /// - Throws: `SystemError`; `DeadlinePassed`; `CancellationError`.
    static func of(
        _ arguments: [String], environment: [String: String], until deadline: Deadline, _ wakeup: Wakeup?
    ) throws -> (status: Int32, out: String, err: String) {
        let running = try start(arguments, environment)
        return try read(running.process, running.out, running.err, until: deadline, wakeup)
    }

    /// The far ends are closed on return: while hakube holds one, the end of a stream never comes.
    private static func start(_ arguments: [String], _ environment: [String: String]) throws -> (
        process: LocalProcess, out: Descriptor, err: Descriptor
    ) {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let out = try Descriptor.socketPair()
        let err = try Descriptor.socketPair()
        let started = LocalProcess.start(
            arguments, environment: environment, input: null, output: out.far, error: err.far)
        guard let process = started.process else { throw SystemError(arguments[0], started.code) }
        return (process, out.near, err.near)
    }

    private static func read(
        _ process: LocalProcess, _ out: Descriptor, _ err: Descriptor, until deadline: Deadline, _ wakeup: Wakeup?
    ) throws -> (status: Int32, out: String, err: String) {
        var texts: [[UInt8]] = [[], []]
        var open = [true, true]
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 1)
        defer { buffer.deallocate() }
        do {
            while open.contains(true) {
                for (index, stream) in [out, err].enumerated() where open[index] {
                    switch stream.take(into: buffer) {
                    case .bytes(let count): texts[index] += buffer[..<count]
                    case .nothing: break
                    case .end: open[index] = false
                    }
                }
                guard open.contains(true) else { break }
                try Poll.wait(
                    [(open[0] ? out.number : -1, Int16(POLLIN)), (open[1] ? err.number : -1, Int16(POLLIN))],
                    until: deadline, wakeup)
            }
        } catch {
            process.signal(SIGKILL)
            _ = process.wait()
            throw error
        }
        return (process.wait(), String(decoding: texts[0], as: UTF8.self), String(decoding: texts[1], as: UTF8.self))
    }
}
