// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTransport

/// The target's side of a drill: it is stopped, put back, and waited for.
struct DrillTarget: Sendable {
    let kind: DrillKind
    let host: Host
    let spec: ClusterSpec
    let pool: ConnectionPool
    /// Its mark of its present start.
    var boot: String
    /// Its etcd was well before.
    let hasEtcd: Bool
    var pace = Pace.system

    /// Seconds that the timer on the host has beyond the time for which the target is away: for orders that are late.
    static let fuseReserve = 30
    /// How long an order may take on a busy host.
    static let patience = Duration.seconds(20)
    /// From a host's word that it restarts to the moment in which it is surely gone, though the connection tells nothing.
    static let restartPatience = Duration.seconds(10)

    /// What may go wrong before anything was stopped, and while it is.
    struct Failure: Error, Sendable {
        let message: String
        let remedy: String
        /// The host itself has said that it did not do it. Of others nobody knows.
        var isRefusal = false

        static let cut = Failure(
            message: "the connection to it broke before it could be stopped",
            remedy: "see whether the host can be reached")
    }

    /// Waits for an answer of the keeper's.
    ///
    /// - Throws: `Failure` when the keeper says why not, is gone, or says nothing in time; `CancellationError`.
    func answer(_ word: String, of keeper: KeeperTalk, within limit: Duration = patience) async throws {
        let isHeard = try await pace.until(limit) {
            keeper.answer(word) != nil || keeper.failure != nil || keeper.hasEnded
        }
        if keeper.answer(word) != nil { return }
        if let failure = keeper.failure {
            throw Failure(
                message: TerminalText.printable(failure), remedy: "see to it on the host, then run the drill again",
                isRefusal: true)
        }
        throw Failure(
            message: isHeard ? "the connection to it broke" : "it gave no answer within \(RunWords.time(limit))",
            remedy: "see whether the host can be reached")
    }

    /// Puts back what was stopped: by the keeper, and where that is gone by a connection of its own. To be called from a task
    /// that is not cancelled.
    ///
    /// - Returns: when, by this machine's clock; `nil` when it was left to the host's timer.
    func putBack(_ keeper: KeeperTalk, _ keeping: Task<Void, Never>, until deadline: Duration) async -> Duration? {
        if !keeper.hasEnded {
            keeper.order(.restore)
            let isHeard = try? await pace.until(Self.patience) {
                keeper.answer("restored") != nil || keeper.failure != nil || keeper.hasEnded
            }
            if isHeard == true, let moment = keeper.moment(of: "restored") { return moment.at }
        }
        // It has the connection to itself for as long as it runs.
        keeping.cancel()
        await keeping.value
        while pace.now() < deadline {
            await pool.discard(host.id)
            if let transport = try? await pool.connection(to: host),
                let output = try? await transport.run(DrillScripts.recovery(of: host), onLine: { _ in }),
                output.status == 0
            {
                return pace.now()
            }
            try? await pace.pause(.seconds(1))
        }
        return nil
    }

    /// Ends the talk with the target. To be called from a task that is not cancelled.
    ///
    /// - Returns: why a host that was told to restart does not.
    func release(_ keeper: KeeperTalk, _ keeping: Task<Void, Never>) async -> Failure? {
        guard !kind.canBePutBack else {
            keeper.finish()
            await keeping.value
            return nil
        }
        // The command that restarts the host ends with the talk: it needs the time to do it.
        _ = try? await pace.until(Self.restartPatience) { keeper.hasEnded || keeper.failure != nil }
        keeping.cancel()
        return keeper.failure.map { Self.noRestart($0) }
    }

    static func noRestart(_ words: String) -> Failure {
        Failure(message: TerminalText.printable(words), remedy: "restart it by hand", isRefusal: true)
    }

    /// What a look at the target shows.
    private enum Look {
        case serves
        case notYet(String)
    }

    /// Waits until the master serves and its etcd is well.
    ///
    /// - Returns: when; or the last reason why not.
    /// - Throws: `CancellationError`.
    func serving(until deadline: Duration) async throws -> (at: Duration?, reason: String) {
        var reason = "it was not asked"
        repeat {
            switch await look() {
            case .serves: return (pace.now(), "")
            case .notYet(let why): reason = why
            }
            try await pace.pause(.milliseconds(300))
        } while pace.now() < deadline
        return (nil, reason)
    }

    private func look() async -> Look {
        do {
            let transport = try await pool.connection(to: host)
            if kind == .host {
                let mark = try await transport.run(Script(DrillQuestion.boot, timeout: .seconds(10))) { _ in }
                guard mark.out.trimmedEnd != boot else { return .notYet("the host has not restarted") }
            }
            let output = try await transport.run(StatusQuestion(spec: spec, host: host).script) { _ in }
            guard let answer = HostAnswer(output) else { return .notYet("it did not finish answering") }
            guard answer.ready?.isReady == true else {
                let words = TerminalText.printable(answer.ready?.words ?? "")
                return .notYet("its API server is not ready\(words.isEmpty ? "" : ": \(words)")")
            }
            let etcd = EtcdReading([(host.id, answer)])
            guard !hasEtcd || etcd.local[host.id]?.hasQuorum == true else { return .notYet("its etcd is not well") }
            return .serves
        } catch let error as TransportError {
            await pool.discard(host.id)
            return .notYet(error.message)
        } catch {
            return .notYet("\(error)")
        }
    }
}

extension String {
    /// Without blanks and newlines at the end, as a shell's `$( )` leaves them out.
    fileprivate var trimmedEnd: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
