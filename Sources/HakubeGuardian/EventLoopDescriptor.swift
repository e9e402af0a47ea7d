// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// A descriptor and its watch, closed together.
final class EventLoopDescriptor {
    let number: Int32
    private let loop: EventLoop
    private var watch: EventLoop.Watch?
    private var interest: Readiness = []
    private var isClosed = false
    private var isPaused = false

    init(_ number: Int32, loop: EventLoop) {
        self.number = number
        self.loop = loop
    }

    func watch(for readiness: Readiness, _ handler: @escaping EventLoop.Handler) {
        interest = readiness
        watch = loop.watch(number, for: readiness, handler)
    }

    /// Listens to nothing for so many milliseconds: what cannot be served now would wake the loop without end.
    func pause(for milliseconds: Int64) {
        guard let watch, !isClosed, !isPaused else { return }
        isPaused = true
        loop.change(watch, to: [])
        loop.after(milliseconds) { [self] in
            isPaused = false
            if !isClosed { loop.change(watch, to: interest) }
        }
    }

    func close(withReset reset: Bool = false) {
        guard !isClosed else { return }
        isClosed = true
        if let watch { loop.end(watch) }
        if reset { TCPSocket.closeWithReset(number) } else { _ = Glibc.close(number) }
    }
}
