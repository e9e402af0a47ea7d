// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubeTransport
import Synchronization

/// Runs one script on many hosts, side by side.
struct ExecRun: Sendable {
    let script: Script
    let pool: ConnectionPool
    let parallel: Int

    /// How the script ended on a host.
    enum Ending: Sendable, Hashable {
        case status(Int)
        case failed(TransportError)
        /// The operator stopped it.
        case interrupted

        var isGood: Bool { self == .status(0) }
    }

    /// Endings in the order of `hosts`. Lines are told as they come; one host's trouble stops no other.
    func endings(
        on hosts: [Host], onLine: @escaping @Sendable (HostID, OutputLine) -> Void,
        onEnd: @escaping @Sendable (HostID, Ending) -> Void = { _, _ in }
    ) async -> [(HostID, Ending)] {
        let endings = Mutex<[HostID: Ending]>([:])
        await forEach(hosts, atMost: parallel) { host in
            guard !Task.isCancelled else { return }
            let ending = await ending(on: host) { onLine(host.id, $0) }
            onEnd(host.id, ending)
            endings.withLock { $0[host.id] = ending }
        }
        return endings.withLock { found in hosts.map { ($0.id, found[$0.id] ?? .interrupted) } }
    }

    private func ending(on host: Host, _ onLine: @escaping @Sendable (OutputLine) -> Void) async -> Ending {
        do {
            return .status(try await pool.connection(to: host).run(script, onLine: onLine).status)
        } catch let error as TransportError {
            return Task.isCancelled ? .interrupted : .failed(error)
        } catch {
            return .interrupted
        }
    }
}

extension ExecRun.Ending {
    /// For the table at the end.
    var words: String {
        switch self {
        case .status(0): "done"
        case .status(let status): "exit code \(status)"
        case .failed(let error): error.message
        case .interrupted: "interrupted"
        }
    }
}
