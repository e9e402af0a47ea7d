// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The operator's side of a talk with a remote program: bytes go to its standard input, lines come back, neither waits for
/// the other.
///
/// One talk for one value: a transport calls `begin` once, then `next` and `hear` in turn, all from the same thread.
package protocol Dialogue: AnyObject, Sendable {
    /// Called before anything else. Ringing makes a transport that was told to wait ask again.
    func begin(_ bell: Bell)

    /// What goes to standard input next. A piece of at most 256 KiB lets lines that come back be heard soon.
    /// - Throws: whatever ends the talk; the remote processes are ended then.
    func next() throws -> DialogueMove

    /// A line of the program's output, as it arrives.
    func hear(_ line: OutputLine)
}

/// What one side of a dialogue does next.
package enum DialogueMove: Sendable, Hashable {
    case send([UInt8])
    /// Nothing to say until a line comes or the bell rings; no time-out applies.
    case wait
    /// The input is over; the program's end is waited for.
    case end
}

/// Wakes a transport that waits; safe from any thread, any number of times, also when the talk is over.
package struct Bell: Sendable {
    private let action: @Sendable () -> Void

    package init(_ action: @escaping @Sendable () -> Void) { self.action = action }

    package func ring() { action() }
}
