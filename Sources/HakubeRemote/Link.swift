// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeTransport

/// One logged-in connection, whatever carries it. Not thread-safe: `RemoteSession` keeps it on its own thread.
package protocol Link: AnyObject {
    /// False once the connection is gone.
    var isUsable: Bool { get }

    /// True where the way back loses the signal that killed a command, so that the frame has to tell it.
    var losesSignals: Bool { get }

    /// How long a command may take until it is on its way, whatever becomes of it then.
    var lead: Duration { get }

    /// Starts a command line on the host.
    /// - Parameter sink: gets what the command says as it comes.
    /// - Throws: `LinkFailure`; `DeadlinePassed`; `CancellationError`.
    func exchange(_ command: String, _ wakeup: Wakeup?, sink: @escaping OutputSink) throws -> any Exchange

    /// Called when nothing happened for the keepalive interval.
    func keepAlive()

    func close()
}

/// Bytes of one stream; valid during the call only.
package typealias OutputSink = (OutputLine.Stream, UnsafeRawBufferPointer) -> Void

/// A connection that failed for good, in words for people.
package protocol LinkFailure: Error, CustomStringConvertible {}

/// Makes a connection and logs in.
package protocol LinkOpener: Sendable {
    /// - Throws: `TransportError`; `CancellationError`.
    func open(_ wakeup: Wakeup) throws -> any Link
}

/// One command on a host: input goes out, two streams and a status come back.
package protocol Exchange: AnyObject {
    /// The remote side sends no more; a command that died shows this way.
    var hasEnded: Bool { get }
    /// The command has not been told yet that its input is over.
    var isInputOpen: Bool { get }

    /// Sends bytes, reading what comes back meanwhile. Stops early when the remote side has ended; look at `hasEnded`.
    /// - Throws: `DeadlinePassed` when nothing moved for the stall time-out; `CancellationError`; `LinkFailure`.
    func send(_ bytes: UnsafeRawBufferPointer) throws

    /// Reads until `condition` holds or the remote side ends.
    func read(until deadline: Deadline, condition: () -> Bool) throws

    /// Waits, for as long as it takes, until something has come and was read, or the alarm was raised.
    func listen(_ alarm: Wakeup) throws

    /// Ends the input, reads the rest, and returns the exit status: 128 + number for a signal.
    func finish(until deadline: Deadline) throws -> Int

    /// Gives the command up; the connection can be used again after it.
    func close()
}

extension Exchange {
    func send(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try send($0) } }
}
