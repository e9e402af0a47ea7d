// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport
import Synchronization

/// Asks every host of a standing cluster, side by side, and then one serving master about the cluster. It reads only.
struct StatusSurvey: Sendable {
    let spec: ClusterSpec
    let pool: ConnectionPool
    let parallel: Int
    /// Hosts that have just been tried in vain.
    var unreachable: [HostID: TransportError] = [:]

    /// Every host's reply; one that cannot be asked hides no other.
    ///
    /// - Throws: `CancellationError`.
    func replies() async throws -> [HostID: HostReply] {
        let replies = Mutex<[HostID: HostReply]>([:])
        await forEach(spec.hosts, atMost: parallel) { host in
            let reply = await reply(of: host)
            replies.withLock { $0[host.id] = reply }
        }
        try Task.checkCancellation()
        return replies.withLock { $0 }
    }

    /// What the first master that serves says about the cluster; `nil` when none does.
    ///
    /// - Throws: `CancellationError`.
    func cluster(_ replies: [HostID: HostReply]) async throws -> ClusterAnswer? {
        // One whose readiness is in doubt may still answer when no other does.
        let ready = spec.masters.filter { replies[$0.id]?.answer?.ready?.isReady == true }
        let others = spec.masters.filter { host in
            replies[host.id]?.answer?.clusterCA != nil && !ready.contains { $0.id == host.id }
        }
        for host in ready + others {
            let server = "https://\(host.address.bracketed):\(spec.endpoint.serverPort)"
            do {
                let transport = try await pool.connection(to: host)
                let output = try await transport.run(ClusterQuestion(server: server).script) { _ in }
                if let answer = ClusterAnswer(output) { return answer }
            } catch is TransportError {
                continue
            }
        }
        return nil
    }

    private func reply(of host: Host) async -> HostReply {
        if let error = unreachable[host.id] { return .silent(error) }
        do {
            let script = StatusQuestion(spec: spec, host: host).script
            let output = try await pool.connection(to: host).run(script) { _ in }
            if let answer = HostAnswer(output) { return .said(answer) }
            let line = output.err.split(whereSeparator: \.isNewline).last.map { TerminalText.printable(String($0)) }
            return .unclear(line ?? "")
        } catch let error as TransportError {
            return .silent(error)
        } catch {
            return .unclear("\(error)")
        }
    }
}
