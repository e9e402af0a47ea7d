// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier
import Foundation
@testable import HakubeCourier
import HakubeTestSupport
import Synchronization

/// The real program, as a process of its own that thinks itself started by an operator. Ends with its owner.
final class CourierRun: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Built by scripts/courier.sh, beside the tests that run.
    static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "hakube-courier").path()
    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: program) }

    let process: pid_t
    private let input: Mutex<Int32?>
    private let said = Mutex<[String]>([])
    private let isSilent = Mutex(false)
    private let ending: Task<Int32, Never>

    /// - Parameter stage: ordered as the first thing, if given.
    init(stage: String?, program: String = CourierRun.program, arguments: [String] = ["serve"]) throws {
        var stdin: [Int32] = [-1, -1]
        var stdout: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &stdin) == 0, socketpair(AF_UNIX, type, 0, &stdout) == 0 else {
            throw Failure(description: "socketpair: errno \(errno)")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, stdin[0], 0)
        posix_spawn_file_actions_adddup2(&actions, stdout[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        process = try LocalProgram.spawn([program] + arguments, [:], &actions)
        close(stdin[0])
        close(stdout[1])
        input = Mutex(stdin[1])
        let process = process
        ending = Task {
            await withCheckedContinuation { ended in
                Foundation.Thread.detachNewThread { ended.resume(returning: LocalProgram.wait(for: process)) }
            }
        }
        let output = stdout[0]
        Foundation.Thread.detachNewThread { [weak self] in
            Self.readLines(output) { self?.hear($0) }
            self?.isSilent.withLock { $0 = true }
        }
        if let stage { try order("stage \(stage)") }
    }

    deinit {
        endInput()
        kill(SIGKILL)
    }

    func kill(_ signal: Int32) { Glibc.kill(process, signal) }

    // MARK: What is said to it

    func order(_ lines: String...) throws { try frame(0x54, Array((lines.joined(separator: "\n") + "\n").utf8)) }

    func data(_ index: Int, from offset: Int = 0, _ bytes: some Collection<UInt8>) throws {
        var rest = bytes[...]
        var offset = offset
        while !rest.isEmpty {
            let piece = rest.prefix(200_000)
            var payload: [UInt8] = []
            BigEndian.put(UInt32(index), into: &payload)
            BigEndian.put(UInt64(offset), into: &payload)
            try frame(0x44, payload + piece)
            rest = rest.dropFirst(piece.count)
            offset += piece.count
        }
    }

    func frame(_ kind: UInt8, _ payload: [UInt8]) throws {
        var bytes = [kind]
        BigEndian.put(UInt32(payload.count), into: &bytes)
        try write(bytes + payload)
    }

    func write(_ bytes: [UInt8]) throws {
        guard let descriptor = input.withLock({ $0 }) else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                courier_send(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw Failure(description: "it takes no input, errno \(errno); it said \(lines)") }
            rest = rest.dropFirst(count)
        }
    }

    /// The operator is gone.
    func endInput() {
        input.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }

    /// Cut off, as by a power failure of the operator's machine.
    func cut() async {
        endInput()
        _ = await status()
    }

    /// List of items, all in group 0, then `look`.
    func list(_ parcels: [Parcel], candidates: [String] = []) async throws {
        let items = parcels.enumerated().map { $1.order($0) }
        let group = "group 0 " + parcels.indices.map(String.init).joined(separator: ",")
        try order((items + candidates + [group, "look"]).joined(separator: "\n"))
        try await line("ready")
    }

    /// Lets it pull from us and sends all it wants.
    func feed(_ parcels: [Parcel], group: Int = 0) async throws {
        let mark = lines.count
        try order("pull \(group) operator")
        try await line("wanted \(group)", after: mark)
        for want in lines.dropFirst(mark) where want.hasPrefix("want ") {
            let numbers = want.split(separator: " ").compactMap { Int($0) }
            try data(numbers[1], from: numbers[2], parcels[numbers[1]].wire.dropFirst(numbers[2]))
        }
    }

    // MARK: What it says

    var lines: [String] { said.withLock { $0 } }

    /// Waits for a line that is, or begins with, these words.
    @discardableResult
    func line(_ words: String, after start: Int = 0, within limit: Duration = .seconds(30)) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let isOver = isSilent.withLock { $0 }
            if let line = lines.dropFirst(start).first(where: { $0 == words || $0.hasPrefix(words + " ") }) {
                return line
            }
            if isOver { break }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Failure(description: "it does not say \"\(words)\" but: \(lines.dropFirst(start))")
    }

    /// The numbers in a line that it says.
    func numbers(_ words: String, after start: Int = 0) async throws -> [Int] {
        try await line(words, after: start).split(separator: " ").compactMap { Int($0) }
    }

    func done(_ indices: some Sequence<Int>) async throws {
        for index in indices { try await line("done \(index)") }
    }

    /// Exit status, or 128 + signal.
    func status() async -> Int32 { await ending.value }

    /// - Returns: exit status after `finish`.
    func finish() async throws -> Int32 {
        try order("finish")
        try await line("bye")
        return await status()
    }

    private func hear(_ line: String) { said.withLock { $0.append(line) } }

    private static func readLines(_ descriptor: Int32, _ hear: (String) -> Void) {
        defer { close(descriptor) }
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            rest += buffer.prefix(count)
            while let end = rest.firstIndex(of: 0x0a) {
                hear(String(decoding: rest[..<end], as: UTF8.self))
                rest.removeSubrange(...end)
            }
        }
    }
}
