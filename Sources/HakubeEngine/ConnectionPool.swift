// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubeTransport

/// One connection per host for the whole of a run, opened when it is first asked for.
package actor ConnectionPool {
    private let connector: any Connector
    private var connections: [HostID: Task<any Transport, any Error>] = [:]

    package init(connector: any Connector) { self.connector = connector }

    /// The host's connection; a failed attempt is not kept.
    ///
    /// - Throws: `TransportError`, `CancellationError`.
    package func connection(to host: Host) async throws -> any Transport {
        let connector = connector
        let task = connections[host.id] ?? Task { try await connector.connect(to: host) }
        connections[host.id] = task
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            connections[host.id] = nil
            throw error
        }
    }

    /// The connection that a host has already, if it has one.
    func standing(_ host: HostID) async -> (any Transport)? { try? await connections[host]?.value }

    /// Lets go of a connection that broke; the next who asks gets a new one.
    package func discard(_ host: HostID) async {
        guard let task = connections.removeValue(forKey: host) else { return }
        if let transport = try? await task.value { await transport.close() }
    }

    package func close() async {
        for task in connections.values {
            if let transport = try? await task.value { await transport.close() }
        }
        connections = [:]
    }
}
