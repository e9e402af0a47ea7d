// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeTransport
import Synchronization

/// Writes what a talk has to say to a pipe; its lines are few and short, so that the pipe takes them at once.
final class Pump: Sendable {
    private let talk: any Dialogue
    /// -1 once it is closed.
    private let descriptor: Mutex<Int32>

    init(_ talk: any Dialogue, to descriptor: Int32) {
        self.talk = talk
        self.descriptor = Mutex(descriptor)
    }

    /// Says all there is to say; at the end of the talk the pipe is closed.
    func turn() {
        descriptor.withLock { descriptor in
            while descriptor >= 0 {
                switch try? talk.next() {
                case .send(let bytes): _ = write(descriptor, bytes, bytes.count)
                case .wait: return
                case .end, nil:
                    Glibc.close(descriptor)
                    descriptor = -1
                }
            }
        }
    }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Glibc.close(descriptor) }
            descriptor = -1
        }
    }
}
