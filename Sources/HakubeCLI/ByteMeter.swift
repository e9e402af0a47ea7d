// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Synchronization

/// Shows the progress of bytes on one terminal line; silent where standard error is no terminal.
final class ByteMeter: Sendable {
    private let verb: String
    private let isVisible: Bool
    private let started = ContinuousClock.now
    private let last = Mutex(ContinuousClock.now - .seconds(1))

    init(_ verb: String) {
        self.verb = verb
        isVisible = isatty(STDERR_FILENO) == 1
    }

    func show(_ done: Int, _ total: Int) {
        guard isVisible, total > 0 else { return }
        let isDue = last.withLock { last in
            let now = ContinuousClock.now
            guard now - last > .milliseconds(200) || done == total else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let seconds = max((ContinuousClock.now - started) / .seconds(1), 0.001)
        let rate = Int(Double(done) / seconds)
        let line = "\(verb) \(done * 100 / total) %  \(Self.text(done)) of \(Self.text(total))  \(Self.text(rate))/s"
        FileHandle.standardError.write(Data("\r\(line)\u{1B}[K".utf8))
    }

    /// Leaves a clean line behind.
    func end() {
        if isVisible { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }

    /// Bytes for people: 1 MB = 1,000,000 bytes.
    static func text(_ bytes: Int) -> String {
        switch bytes {
        case ..<10_000: "\(bytes) B"
        case ..<10_000_000: "\(bytes / 1000) kB"
        default: "\(bytes / 1_000_000) MB"
        }
    }

    static func padded(_ bytes: Int) -> String {
        let text = text(bytes)
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
    }
}
