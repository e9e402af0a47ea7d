// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeProcess
import HakubeRemote
import HakubeTransport

/// One ssh that runs one command over a shared connection.
final class PipeExchange: Exchange {
    private let program: String
    private let master: Master
    private let process: LocalProcess
    private var input: Descriptor?
    private let streams: [(kind: OutputLine.Stream, descriptor: Descriptor)]
    private var hasStreamEnded = [false, false]
    private let configuration: SSHConfiguration
    private let wakeup: Wakeup?
    private let sink: OutputSink
    private var isWaitedFor = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// ssh keeps both streams open until it ends itself.
    var hasEnded: Bool { !hasStreamEnded.contains(false) }
    private(set) var isInputOpen = true

    /// - Throws: `SystemError`.
    init(
        _ command: String, program: String, _ master: Master, _ configuration: SSHConfiguration, _ wakeup: Wakeup?,
        sink: @escaping OutputSink
    ) throws {
        self.master = master
        self.configuration = configuration
        self.wakeup = wakeup
        self.sink = sink
        self.program = program
        let arguments = ClientArguments.command(
            command, program: program, socket: master.folder.socket, log: master.folder.commandLog)
        unlink(master.folder.commandLog)
        let (near, far) = try Descriptor.socketPair()
        let (out, err) = (try Descriptor.socketPair(), try Descriptor.socketPair())
        let started = LocalProcess.start(
            arguments, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C", "SHELL": "/bin/sh"],
            input: far, output: out.far, error: err.far)
        guard let process = started.process else { throw SystemError(arguments[0], started.code) }
        self.process = process
        input = near
        streams = [(.out, out.near), (.err, err.near)]
    }

    deinit {
        close()
        buffer.deallocate()
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress, let input else { return }
        var sent = 0
        var stall = Deadline(after: configuration.stallTimeout)
        while sent < bytes.count && !hasEnded {
            let count = Glibc.send(input.number, base + sent, min(bytes.count - sent, 256 << 10), Int32(MSG_NOSIGNAL))
            if count > 0 {
                sent += count
                stall = Deadline(after: configuration.stallTimeout)
                continue
            }
            if errno == EINTR { continue }
            // ssh has ended; what the command said is still to be read.
            guard errno == EAGAIN else { return try read(until: stall) { false } }
            if drain() > 0 {
                stall = Deadline(after: configuration.stallTimeout)
                continue
            }
            guard !hasEnded else { return }
            try Poll.wait([(input.number, Int16(POLLOUT))] + waited, until: stall, wakeup)
        }
        // Where ssh takes all at once nobody has waited, and nothing would be heard until the end.
        _ = drain()
    }

    func read(until deadline: Deadline, condition: () -> Bool) throws {
        while !condition() && !hasEnded {
            if drain() > 0 || hasEnded { continue }
            try Poll.wait(waited, until: deadline, wakeup)
        }
    }

    func listen(_ alarm: Wakeup) throws {
        while !hasEnded {
            if drain() > 0 || hasEnded { return }
            do {
                try Poll.wait(
                    waited + [(alarm.descriptor, Int16(POLLIN))],
                    until: Deadline(after: configuration.keepaliveInterval),
                    wakeup)
                if alarm.isRaised { return }
            } catch is DeadlinePassed {
                // Nothing to do: ssh itself sees to it that a dead connection ends.
                continue
            }
        }
    }

    func finish(until deadline: Deadline) throws -> Int {
        isInputOpen = false
        input = nil
        try read(until: deadline) { false }
        let status = wait()
        if wakeup?.isRaised == true { throw CancellationError() }
        // ssh's own status for a command that it could not run or whose end it never heard of; a command's, too.
        if status == 255 { try explain() }
        return status
    }

    func close() {
        guard !isWaitedFor else { return }
        // The master closes the channel when it sees its client gone.
        process.signal(SIGKILL)
        _ = wait()
    }

    private func wait() -> Int {
        isWaitedFor = true
        return Int(process.wait())
    }

    private func explain() throws {
        let words = ClientLog(master.folder.text(master.folder.commandLog)).words
        // A client loses the master's socket before the master itself has ended.
        let isAlive = try ProgramAnswer.of(
            [program, "-F", "none", "-S", master.folder.socket, "-O", "check", "host"],
            environment: ["PATH": "/usr/bin:/bin"], until: Deadline(after: .seconds(5)), nil)
        guard isAlive.status == 0 else {
            let last = ClientLog(master.folder.text(master.log)).words.last
            master.end()
            throw OpenSSHFailure(words: last ?? "ssh has ended")
        }
        if let line = words.first { throw OpenSSHFailure(words: line) }
    }

    private var waited: [(Int32, Int16)] {
        zip(streams, hasStreamEnded).map { ($1 ? -1 : $0.descriptor.number, Int16(POLLIN)) }
    }

    /// Takes in what has arrived and returns how much it was.
    private func drain() -> Int {
        var total = 0
        for (index, stream) in streams.enumerated() where !hasStreamEnded[index] {
            reading: while true {
                switch stream.descriptor.take(into: buffer) {
                case .bytes(let count):
                    total += count
                    sink(stream.kind, UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                case .nothing: break reading
                case .end:
                    hasStreamEnded[index] = true
                    break reading
                }
            }
        }
        return total
    }
}
