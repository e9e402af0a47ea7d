// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

/// One connection, used by one task at a time, on a thread of its own.
package actor RemoteSession {
    nonisolated let login: Login
    let context: SSHContext
    private nonisolated let executor: ThreadExecutor
    /// `nil` before `open` and after `close`.
    private(set) var link: (any Link)?
    var privilege = Privilege.direct

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(login: Login, _ context: SSHContext) throws {
        self.login = login
        self.context = context
        executor = try ThreadExecutor(idleInterval: context.configuration.keepaliveInterval)
        executor.onIdle { [weak self] in self?.assumeIsolated { $0.keepAlive() } }
    }

    nonisolated var peer: String { login.peer }
    nonisolated var configuration: SSHConfiguration { context.configuration }

    /// Connects, logs in, and finds out how to become root.
    /// - Throws: `TransportError`; `CancellationError`.
    package func open(_ opener: any LinkOpener, _ wakeup: Wakeup) throws {
        link = try opener.open(wakeup)
        do {
            try findPrivilege(wakeup)
        } catch {
            close()
            throw error
        }
    }

    package func close() {
        link?.close()
        link = nil
    }

    private func keepAlive() {
        guard let link, link.isUsable else { return }
        link.keepAlive()
    }

    /// The connection, if it still works.
    func usable() throws -> any Link {
        guard let link, link.isUsable else {
            throw lost("the connection is closed")
        }
        return link
    }

    func lost(_ message: String) -> TransportError {
        TransportError(
            .lost, peer: peer, message: message,
            remedy: "check the host and the network, then run the same command again; it continues where it stopped")
    }
}
