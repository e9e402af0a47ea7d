// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
package import HakubeModel
package import HakubePlan
import HakubeTransport
import Synchronization

/// Asks hosts about themselves, side by side, and changes nothing on them.
package struct FactGatherer: Sendable {
    private let spec: ClusterSpec

    package init(spec: ClusterSpec) { self.spec = spec }

    /// What each host said, or why it could not be asked; every host is tried.
    package func gather(
        _ hosts: [Host], through pool: ConnectionPool, atMost width: Int
    ) async -> [HostID: Result<Facts, any Error>] {
        let results = Mutex<[HostID: Result<Facts, any Error>]>([:])
        await forEach(hosts, atMost: width) { host in
            let result: Result<Facts, any Error>
            do { result = .success(try await facts(of: host, through: pool)) } catch { result = .failure(error) }
            results.withLock { $0[host.id] = result }
        }
        return results.withLock { $0 }
    }

    private func facts(of host: Host, through pool: ConnectionPool) async throws -> Facts {
        let transport = try await pool.connection(to: host)
        let script = FactsScript(spec: spec, host: host).script
        // The host says its clock first: the arrival of that line is the same moment here, however long the rest takes.
        let arrival = Mutex<Int?>(nil)
        let output = try await transport.run(script) { _ in
            arrival.withLock { $0 = $0 ?? Int(Date().timeIntervalSince1970) }
        }
        let now = arrival.withLock { $0 } ?? 0
        guard let facts = FactsParser.facts(of: host, from: output.out, operatorClock: now) else {
            let said = output.err.split(separator: "\n").last.map { ": \($0)" } ?? ""
            throw TransportError(
                .lost, peer: host.id.description, message: "the host did not finish answering\(said)",
                remedy: "log in by hand and see whether sh, sed and base64 work there")
        }
        return facts
    }
}
