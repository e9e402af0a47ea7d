// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport

extension DrillRun {
    /// Measures from a place until its talk ends.
    func measure(_ place: DrillPlace, _ talk: ProbeTalk) async {
        let path = target.spec.kubernetes.readinessPath
        // The probe's own limit is a day.
        let limit = min(86_400, Int((length + patience + Self.watchPatience) / .seconds(1)) + 120)
        switch place.kind {
        case .worker(let host):
            let script = WorkerProbe.measuring(path: path, certificate: certificate, limit: limit)
            do {
                let output = try await target.pool.connection(to: host).converse(talk, with: script)
                if output.status != 0, talk.complaint.isEmpty {
                    talk.hear(OutputLine(.err, "its probe ended with \(output.status)"))
                }
            } catch let error as TransportError {
                talk.hear(OutputLine(.err, error.message))
            } catch {}
        case .outside(let outside):
            await OutsideProbe(
                target: outside, kubeconfig: kubeconfig, path: path, certificate: certificate, limit: limit
            ).run(talk)
        }
        talk.ended()
    }

    /// Waits until every place gets all its answers.
    ///
    /// - Returns: notes on places outside that do not; they are measured all the same, and shown.
    /// - Throws: `PreflightError` when a worker does not, `CancellationError`.
    func calm(_ talks: [ProbeTalk]) async throws -> [String] {
        let begin = pace.now()
        var verdicts: [ProbeRecord.Calm] = []
        repeat {
            try await pace.pause(.milliseconds(100))
            verdicts = talks.map { talk in
                talk.hasEnded
                    ? .never(TerminalText.printable(talk.complaint))
                    : talk.record.calm(after: pace.now() - begin)
            }
        } while verdicts.contains(.waiting)
        let unfit = zip(places, verdicts).compactMap { place, verdict -> (DrillPlace, String)? in
            if case .never(let why) = verdict { (place, why) } else { nil }
        }
        let problems = unfit.filter { !$0.0.isOutside }.map { place, why in
            Problem(
                place: place.name, message: "the endpoint does not answer here, before anything was stopped: \(why)",
                remedy: "see 'hakube status' and 'hakube guardian status'")
        }
        guard problems.isEmpty else { throw PreflightError(problems: problems) }
        guard unfit.count < places.count else {
            throw PreflightError(
                problems: unfit.map { place, why in
                    Problem(
                        place: place.name, message: "cannot be measured from here: \(why)",
                        remedy: "run hakube where \(place.server) can be reached, or make workers able to measure")
                })
        }
        return unfit.map { "\($0.0.name): was away before anything was stopped: \($0.1)" }
    }
}
