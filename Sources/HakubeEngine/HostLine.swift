// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

/// The way to one host for the length of a step: its connection, and a new one when that breaks.
struct HostLine: Sendable {
    /// How long a host may stay away: long enough for a reboot or a switch that starts anew.
    static let patience = Duration.seconds(120)

    let host: Host
    let pool: ConnectionPool
    let pace: Pace
    /// The run has failed elsewhere: nobody waits for a host any more.
    let isStopping: @Sendable () -> Bool
    let tell: @Sendable (StepNotice) async -> Void

    /// Does what must not be done twice.
    func once<Value: Sendable>(_ body: (any Transport) async throws -> Value) async throws -> Value {
        try await body(try await pool.connection(to: host))
    }

    /// Does what may be done twice: when the connection breaks meanwhile, once more over a new one.
    func repeating<Value: Sendable>(_ body: (any Transport) async throws -> Value) async throws -> Value {
        do {
            return try await once(body)
        } catch let error as TransportError where error.code == .lost {
            try await reconnect(after: error)
            return try await once(body)
        }
    }

    /// Tries again and again, with a pause that grows to five seconds.
    ///
    /// - Throws: `lost`, as it came, when the host stays away or another host's failure has ended the run; what the host
    ///   says against the log-in; `CancellationError`.
    func reconnect(after lost: TransportError) async throws {
        await tell(.connectionLost(patience: Self.patience))
        await pool.discard(host.id)
        let begin = pace.now()
        var pause = Duration.milliseconds(500)
        while true {
            do {
                _ = try await pool.connection(to: host)
                return await tell(.connectionBack(after: pace.now() - begin))
            } catch let error as TransportError where [.unreachable, .handshake, .lost].contains(error.code) {
                guard pace.now() - begin < Self.patience, !isStopping() else { throw lost }
            }
            try await pace.pause(pause)
            pause = min(pause * 2, .seconds(5))
        }
    }
}
