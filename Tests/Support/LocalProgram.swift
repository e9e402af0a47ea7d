// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
package import Glibc

/// Programs of this machine, by posix_spawn.
///
/// Foundation's Process waits in a run loop, which hangs when a test runs on the concurrency pool's threads.
package enum LocalProgram {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// Runs a program to its end.
    /// - Returns: what it printed on both streams.
    /// - Throws: `Failure` when it cannot start or its status is not 0.
    @discardableResult
    package static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> String {
        let (status, printed) = try outcome(arguments, input: input, environment: environment)
        guard status == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")) ended with \(status): \(printed)")
        }
        return printed
    }

    /// Runs a program to its end, whatever that is.
    /// - Returns: exit status, or 128 + signal, and what it printed on both streams.
    /// - Throws: `Failure` when it cannot start.
    package static func outcome(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> (status: Int32, printed: String) {
        let (readEnd, writeEnd) = try makePipe()
        let (inputEnd, feedEnd) = try makePipe()
        // Pipes take less than the longest scripts, and the program says things before it has read all.
        let bytes = Array(input.utf8)
        Thread.detachNewThread {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.send(feedEnd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(feedEnd)
        }
        defer { close(readEnd) }
        let process: pid_t
        do {
            defer {
                close(writeEnd)
                close(inputEnd)
            }
            process = try spawn(arguments, environment, input: inputEnd, output: writeEnd)
        }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(readEnd, &buffer, buffer.count)
            guard count > 0 else { break }
            text += buffer.prefix(count)
        }
        return (wait(for: process), String(decoding: text, as: UTF8.self))
    }

    /// Starts a program that goes on in the background, with nothing on its streams.
    package static func start(_ arguments: [String]) throws -> pid_t {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        return try spawn(arguments, [:], input: null, output: null)
    }

    /// Ends a program that `start` started, and waits for it.
    package static func end(_ process: pid_t) {
        kill(process, SIGTERM)
        _ = wait(for: process)
    }

    /// Returns when a file exists, such as a server's socket.
    package static func awaitFile(_ path: String) throws {
        for _ in 0..<500 {
            if access(path, F_OK) == 0 { return }
            usleep(10_000)
        }
        throw Failure(description: "\(path) does not appear")
    }

    /// Lets a program inherit nothing but its three streams. Foundation's pipes do not close on exec: a server that has one
    /// keeps whoever reads from it waiting until the server ends.
    static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
        guard let folder = opendir("/proc/self/fd") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            // One that is closed by then is no error.
            if let descriptor = Int32(name), descriptor > 2 {
                posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        }
    }

    /// Exit status, or 128 + signal.
    package static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    }

    static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        // A socket pair, since it closes on exec from the start: a server started meanwhile would keep a pipe open.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Failure(description: "socketpair: errno \(errno)") }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String: String], input: Int32, output: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return try spawn(arguments, ["PATH": path, "LC_ALL": "C"].merging(environment) { $1 }, &actions)
    }

    /// Starts a program with these streams, no other descriptor and no signal blocked.
    package static func spawn(
        _ arguments: [String], _ variables: [String: String], _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        closeOthers(&actions)
        // The pool's threads block most signals, and the mask would go on to the program.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, arguments[0], &actions, &attributes, argv, envp)
        guard status == 0 else { throw Failure(description: "\(arguments[0]): errno \(status)") }
        return process
    }
}
