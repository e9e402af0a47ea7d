// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// A TCP connection to another courier, with a buffer for what comes in. Closed with the value.
final class LinkSocket {
    enum Ending: Error { case closed, silent }

    let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 << 10, alignment: 4096)
    private var start = 0
    private var end = 0

    /// Longest time without a byte, in milliseconds: six heartbeats.
    static let patience: UInt64 = 3000

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        courier_tune(descriptor)
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    /// The next bytes, good until the next call.
    /// - Parameter deadline: `nil` where each byte may take its time anew.
    func take(_ count: Int, until deadline: Instant? = nil) throws(Ending) -> UnsafeRawBufferPointer {
        while end - start < count {
            if start == end || start + count > buffer.count {
                if let base = buffer.baseAddress { memmove(base, base + start, end - start) }
                end -= start
                start = 0
            }
            try receive(until: deadline ?? Instant.now.adding(Self.patience))
        }
        defer { start += count }
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
    }

    private func receive(until deadline: Instant) throws(Ending) {
        while true {
            guard let base = buffer.baseAddress else { throw .closed }
            let count = courier_receive(descriptor, base + end, buffer.count - end)
            if count > 0 {
                end += count
                return
            }
            if count == 0 { throw .closed }
            switch courier_errno() {
            case EINTR: continue
            case EAGAIN:
                var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                let left = deadline.remaining
                if left == 0 || poll(&one, 1, left) == 0 { throw .silent }
            default: throw .closed
            }
        }
    }

    /// - Returns: false when the other side is gone, or takes nothing any more.
    func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let count = courier_send(descriptor, base + done, bytes.count - done)
            if count < 0 && courier_errno() == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    func send(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { send($0) } }

    /// Whether the other side has closed: it says nothing after its greeting, so a byte would be one too many.
    var isOver: Bool {
        let count = courier_peek(descriptor)
        return count >= 0 || (courier_errno() != EAGAIN && courier_errno() != EINTR)
    }
}
