// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubeTransport

/// Asks masters for the cluster's record.
struct MasterQuestions: Sendable {
    let pool: ConnectionPool

    /// - Throws: `TransportError`, `CancellationError`.
    func answer(of host: Host) async throws -> RecordAnswer {
        let output = try await pool.connection(to: host).run(RecordAnswer.question) { _ in }
        guard let answer = RecordAnswer(output) else {
            throw TransportError(
                .lost, peer: host.id.description, message: "the host did not finish answering",
                remedy: "log in by hand and see whether sh and base64 work there")
        }
        return answer
    }

    /// What masters said that were asked side by side.
    struct Answers: Sendable {
        /// The record of the first API server that gave one, else a copy on a master.
        var best: (HostID, String)?
        var failures: [HostID: TransportError] = [:]
        /// Masters that answered and have no record.
        var silent: [HostID] = []
    }

    /// Asks all at once and waits for no more than the first that can answer for its API server.
    ///
    /// - Throws: `CancellationError`.
    func first(of masters: [Host]) async throws -> Answers {
        // No task group: see `forEach`.
        let (said, saying) = AsyncStream.makeStream(of: (HostID, Result<RecordAnswer, any Error>).self)
        let questions = masters.map { host in
            Task {
                do { saying.yield((host.id, .success(try await answer(of: host)))) } catch {
                    saying.yield((host.id, .failure(error)))
                }
            }
        }
        let answers = await withTaskCancellationHandler {
            await gathered(said, masters.count)
        } onCancel: {
            for question in questions { question.cancel() }
        }
        for question in questions { question.cancel() }
        // A connection is nobody else's until its question has ended.
        for question in questions { await question.value }
        try Task.checkCancellation()
        return answers
    }

    /// The first answer of an API server ends it, else the last answer of any.
    private func gathered(
        _ said: AsyncStream<(HostID, Result<RecordAnswer, any Error>)>, _ count: Int
    ) async -> Answers {
        var answers = Answers()
        var left = count
        guard left > 0 else { return answers }
        for await (host, result) in said {
            switch result {
            case .success(let answer):
                if let secret = answer.secret {
                    answers.best = (host, secret)
                    return answers
                }
                if let file = answer.file {
                    answers.best = answers.best ?? (host, file)
                } else {
                    answers.silent.append(host)
                }
            case .failure(let error as TransportError): answers.failures[host] = error
            case .failure: break
            }
            left -= 1
            if left == 0 { break }
        }
        return answers
    }
}

extension RecordAnswer {
    /// Why this host cannot say what its cluster is, and what to do.
    func refusal(of host: Host) -> PreflightError {
        let place = host.id.description
        if isMaster {
            let message =
                apiAnswered
                ? "the cluster of this master has no record"
                : "the API server of this master does not answer, and the host has no copy of the cluster's record"
            let remedy =
                apiAnswered
                ? "make one: hakube adopt --from \(place)" : "name another master, or start this one's API server"
            return PreflightError(problems: [Problem(place: place, message: message, remedy: remedy)])
        }
        if hasKubelet {
            let masters =
                guardedMasters.isEmpty ? "name a master" : "name a master: \(guardedMasters.joined(separator: ", "))"
            return PreflightError(problems: [
                Problem(
                    place: place, message: "this host is a worker, and workers do not know what their cluster is",
                    remedy: masters)
            ])
        }
        if isEtcdHost {
            return PreflightError(problems: [
                Problem(
                    place: place, message: "this host runs etcd, and does not know for which masters",
                    remedy: "name a master")
            ])
        }
        return PreflightError(problems: [
            Problem(
                place: place, message: "this host belongs to no cluster: it has neither kubelet nor admin credentials",
                remedy: "name a master of the cluster")
        ])
    }
}
