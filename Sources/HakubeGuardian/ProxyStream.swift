// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// A kernel pipe that carries bytes from socket to socket without copying them through the guardian.
final class SplicePipe {
    let readEnd: Int32
    let writeEnd: Int32
    /// Bytes in the pipe.
    var held = 0

    static let capacity = 256 * 1024

    init?() {
        var ends: [Int32] = [-1, -1]
        guard hakube_pipe(&ends, Int32(Self.capacity)) == 0 else { return nil }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }
}

/// Pipes that are free. A connection holds one only while bytes are stuck in it, so thousands of idle connections need
/// none.
final class PipePool {
    private var free: [SplicePipe] = []
    private static let limit = 16

    func take() -> SplicePipe? { free.popLast() ?? SplicePipe() }

    func give(_ pipe: SplicePipe) {
        if pipe.held == 0, free.count < Self.limit { free.append(pipe) }
    }
}

/// One direction of a proxied connection.
struct ProxyStream {
    enum Outcome: Hashable {
        /// Nothing to do until a socket changes.
        case waiting
        /// There is more to do, others first.
        case more
        case broken
    }

    var isReadable = false
    var isWritable = true
    /// The source sent its last byte, and the sink was told.
    private(set) var isFinished = false
    private var isEnded = false
    private var pipe: SplicePipe?

    /// Moves what can be moved now.
    mutating func pump(from source: Int32, to sink: Int32, pool: PipePool, moved: inout Bool) -> Outcome {
        for _ in 0..<4 {
            if let pipe, pipe.held > 0 {
                guard isWritable else { return .waiting }
                let count = hakube_splice(pipe.readEnd, sink, pipe.held)
                if count > 0 {
                    pipe.held -= count
                    moved = true
                } else if count < 0, errno == EAGAIN {
                    isWritable = false
                } else if count == 0 || errno != EINTR {
                    return .broken
                }
            } else if isEnded {
                if !isFinished { shutdown(sink, Int32(SHUT_WR)) }
                isFinished = true
                release(to: pool)
                return .waiting
            } else if isReadable {
                guard let pipe = pipe ?? pool.take() else { return .broken }
                self.pipe = pipe
                let count = hakube_splice(source, pipe.writeEnd, SplicePipe.capacity)
                if count > 0 {
                    pipe.held = count
                } else if count == 0 {
                    isEnded = true
                } else if errno == EAGAIN {
                    isReadable = false
                } else if errno != EINTR {
                    return .broken
                }
            } else {
                release(to: pool)
                return .waiting
            }
        }
        return .more
    }

    mutating func release(to pool: PipePool) {
        if let pipe { pool.give(pipe) }
        pipe = nil
    }
}
