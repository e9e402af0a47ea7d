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
        let answers = await withTaskGroup(of: (HostID, Result<RecordAnswer, any Error>).self) { group in
            for host in masters {
                group.addTask {
                    do { return (host.id, .success(try await answer(of: host))) } catch {
                        return (host.id, .failure(error))
                    }
                }
            }
            var answers = Answers()
            for await (host, result) in group {
                switch result {
                case .success(let answer):
                    if let secret = answer.secret {
                        answers.best = (host, secret)
                        group.cancelAll()
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
            }
            return answers
        }
        try Task.checkCancellation()
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
