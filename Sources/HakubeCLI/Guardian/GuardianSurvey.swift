// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport
import Synchronization

/// Asks the guardians of workers about themselves, side by side. It reads only.
struct GuardianSurvey: Sendable {
    let pool: ConnectionPool
    /// How many workers are asked at a time.
    let parallel: Int

    /// The program's own probe through the VIP takes its time when nothing answers there.
    private static let question = Script("\(HostFiles.guardian) status --output json", timeout: .seconds(30))

    /// Every worker's answer; one that cannot be asked hides no other.
    ///
    /// - Throws: `CancellationError`.
    func answers(of workers: [Host]) async throws -> [HostID: GuardianAnswer] {
        let answers = Mutex<[HostID: GuardianAnswer]>([:])
        await forEach(workers, atMost: parallel) { host in
            let answer = await answer(of: host)
            answers.withLock { $0[host.id] = answer }
        }
        try Task.checkCancellation()
        return answers.withLock { $0 }
    }

    private func answer(of host: Host) async -> GuardianAnswer {
        do {
            return GuardianAnswer(try await pool.connection(to: host).run(Self.question) { _ in })
        } catch let error as TransportError {
            return .silent(error)
        } catch {
            return .unclear(status: 1, line: "\(error)")
        }
    }
}
