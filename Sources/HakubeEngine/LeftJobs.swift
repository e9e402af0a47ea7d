// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
import HakubeTransport
import Synchronization

/// Jobs of an earlier run that are still under way when a new one looks at the hosts.
///
/// They are waited for before the plan is made: which master serves, who has joined, and whether a token is needed is known
/// only then. Nothing is changed on the hosts.
package struct LeftJobs: Sendable {
    /// Longer than any job may take: systemd ends each when its own time is over.
    private static let patience = Duration.seconds(86400)

    private let jobs: [(host: Host, names: [String])]

    package init(_ jobs: [(host: Host, names: [String])]) { self.jobs = jobs.filter { !$0.names.isEmpty } }

    package var isEmpty: Bool { jobs.isEmpty }

    /// `10.0.0.1: kubeadm-init of an earlier run is under way; waiting for its end`, a line each.
    package var sentences: [String] {
        jobs.flatMap { host, names in
            names.map { "\(host.id): \($0) of an earlier run is under way; waiting for its end" }
        }
    }

    /// Returns when none of them runs any more.
    ///
    /// - Throws: `TransportError` of the first host that cannot be asked to the end; `CancellationError`.
    package func ended(through pool: ConnectionPool) async throws {
        let failure = Mutex<(any Error)?>(nil)
        await forEach(jobs.map { ($0.host, $0.names) }, atMost: jobs.count) { host, names in
            let line = HostLine(host: host, pool: pool, pace: .system, isStopping: { Task.isCancelled }) { _ in }
            do {
                for name in names {
                    let job = HostJob(step: name, title: name, timeout: Self.patience)
                    let script = Script(job.follow(from: 1), timeout: Self.patience)
                    _ = try await line.repeating { try await $0.run(script) { _ in } }
                }
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
