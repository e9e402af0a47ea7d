// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport
import Synchronization

/// How many connections are being made at a time: few to one sshd, which drops some at random above MaxStartups, and many
/// to different ones, so that hosts that do not answer keep no others waiting.
final class HandshakePace: Sendable {
    private let perServer: Int
    private let all: Turnstile
    private let gates = Mutex<[String: Turnstile]>([:])

    init(perServer: Int, overall: Int) {
        self.perServer = perServer
        all = Turnstile(width: overall)
    }

    /// Runs `body` when its turn has come.
    /// - Parameter server: the sshd that is connected to first: the host's, or that of a bastion before it.
    /// - Throws: `CancellationError` when cancelled while waiting, and what `body` throws.
    func around<Value: Sendable>(_ server: String, _ body: () async throws -> Value) async throws -> Value {
        let own = gates.withLock { gates in
            if let gate = gates[server] { return gate }
            let gate = Turnstile(width: perServer)
            gates[server] = gate
            return gate
        }
        // In this order, those who wait for a busy server take no place of others.
        return try await own.pass { try await all.pass(body) }
    }
}
