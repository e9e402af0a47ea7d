// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// Standard input with a buffer, read by one thread.
final class Input {
    private let descriptor: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    init(descriptor: Int32, capacity: Int) {
        self.descriptor = descriptor
        buffer = .allocate(byteCount: capacity, alignment: 4096)
        // A pipe holds 64 KiB unless told otherwise: four wake-ups of both sides where one would do.
        courier_widen_pipe(descriptor, Int32(capacity))
    }

    deinit { buffer.deallocate() }

    /// Fills the room entirely.
    /// - Returns: false at the end of input. An end in the middle is one too: a lost connection cuts where it likes.
    func read(into room: inout [UInt8]) -> Bool {
        var done = 0
        while done < room.count {
            guard start < end || fill() else { return false }
            let count = min(end - start, room.count - done)
            let piece = UnsafeRawBufferPointer(rebasing: buffer[start..<start + count])
            room.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[done...]).copyMemory(from: piece) }
            start += count
            done += count
        }
        return true
    }

    /// Hands on the next so many bytes as they come; fewer at the end of input.
    func pass(_ count: Int, to taker: (UnsafeRawBufferPointer) throws(Fault) -> Void) throws(Fault) {
        var left = count
        while left > 0 {
            guard start < end || fill() else { return }
            let piece = min(end - start, left)
            try taker(UnsafeRawBufferPointer(rebasing: buffer[start..<start + piece]))
            start += piece
            left -= piece
        }
    }

    private func fill() -> Bool {
        while true {
            let count = CCourier.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && courier_errno() == EINTR { continue }
            start = 0
            end = max(0, count)
            return count > 0
        }
    }
}
