// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// Lines for whoever started the probe. Writing never waits: a reader that stalls must not distort what is measured.
final class ProbeOutput {
    private let descriptor: Int32
    private var pending: [UInt8] = []
    /// Nobody reads any more.
    private(set) var isBroken = false

    /// What a pipe takes without waiting once it is ready for any byte: PIPE_BUF.
    private static let piece = 4096

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func write(_ value: JSONValue) {
        pending += Array((value.line + "\n").utf8)
        flush()
    }

    /// - Parameter patience: milliseconds to wait for the reader.
    func flush(patience: Int32 = 0) {
        while !pending.isEmpty, !isBroken {
            var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&target, 1, patience) > 0 else { return }
            let count = Glibc.write(descriptor, pending, min(Self.piece, pending.count))
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return isBroken = true }
            pending.removeFirst(count)
        }
    }
}

/// Words on standard input, a line each. Its end is the sign to end.
final class ProbeInput {
    private let descriptor: Int32
    private var partial: [UInt8] = []
    private(set) var hasEnded = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// What has come since the last call; does not wait.
    func lines() -> [String] {
        var found: [String] = []
        while !hasEnded {
            var source = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&source, 1, 0) > 0 else { return found }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR || errno == EAGAIN { return found }
            guard count > 0 else {
                hasEnded = true
                return found
            }
            for byte in chunk[..<count] {
                guard byte == UInt8(ascii: "\n") else {
                    partial.append(byte)
                    continue
                }
                found.append(String(decoding: partial, as: UTF8.self))
                partial = []
            }
        }
        return found
    }
}
