// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization

@testable import HakubeCLI

/// Three masters and a worker in memory, of which one master can be stopped. Time passes only by waiting, and none passes before
/// everyone has seen it.
final class DrillWorld: Sendable {
    /// What goes wrong.
    enum Fault: Sendable {
        case none
        /// The worker gets no answers from the start.
        case sick
        case noTimer
        case noStop
        /// The connection to the target breaks as soon as it is stopped.
        case cut
        /// What was put back does not serve.
        case noReturn
        /// It stops, and does not say so.
        case mute
        /// The host says that it restarts, and then that it cannot.
        case noRestart
    }

    private struct State {
        /// From when to when the target was away; the last one may last.
        var away: [Range<Duration>] = []
        /// Orders to the keeper, `recovery`, and `hung up` for a restart that hakube itself has cut off.
        var acts: [String] = []
        var boot = "one"
    }

    let kind: DrillKind
    let fault: Fault
    let spec: ClusterSpec
    let pace: Pace
    let keeper = Turns()
    let probe = Turns()
    /// What happens at the moment of the stop.
    let atStop = Mutex<@Sendable () -> Void>({})
    private let state = Mutex(State())
    private let healthy: ScriptOutput
    private let sick: ScriptOutput

    init(_ kind: DrillKind = .process, _ fault: Fault = .none) throws {
        self.kind = kind
        self.fault = fault
        var fixture = try StatusFixture()
        spec = fixture.spec
        let target = spec.masters[0].id
        healthy = StatusFixture.encoded(fixture.said[target] ?? [])
        fixture.change(target.description, "ready", "", to: "1 connection refused")
        sick = StatusFixture.encoded(fixture.said[target] ?? [])
        probe.expect()
        let clock = WorldClock()
        pace = Pace(
            now: { clock.now.withLock { $0 } },
            pause: { [partners = [probe, keeper]] span in
                try Task.checkCancellation()
                clock.now.withLock { $0 += span }
                // Twice: in the first turn an order is taken, in the second its answer heard.
                for partner in partners + partners { await partner.turn() }
                try Task.checkCancellation()
            })
    }

    var target: Host { spec.masters[0] }
    var worker: Host { spec.nodes[0] }
    var acts: [String] { state.withLock { $0.acts } }
    var isAway: Bool { isAway(at: pace.now()) }

    func isAway(at moment: Duration) -> Bool { state.withLock { $0.away.contains { $0.contains(moment) } } }

    func note(_ act: String) { state.withLock { $0.acts.append(act) } }

    /// From now on, for ever unless it is said how long or it is put back.
    func takeAway(for length: Duration = .seconds(1_000_000)) {
        let now = pace.now()
        state.withLock { $0.away.append(now..<now + length) }
    }

    func bringBack() {
        let now = pace.now()
        state.withLock { state in
            state.away = state.away.map { $0.contains(now) ? $0.lowerBound..<now : $0 }
        }
    }

    /// The host is gone, and starts again.
    func restart() {
        takeAway(for: .seconds(5))
        state.withLock { $0.boot = "two" }
    }

    func run(length: Duration, patience: Duration = .seconds(20)) -> DrillRun {
        let hosts = FakeHosts(
            rules: [{ [self] host, script in answer(host, script) }],
            partner: { [self] host -> (any FakePartner)? in
                host == target.id ? FakeKeeper(self) as any FakePartner : FakeProbe(self)
            })
        return DrillRun(
            target: DrillTarget(
                kind: kind, host: target, spec: spec, pool: ConnectionPool(connector: hosts), boot: "one",
                hasEtcd: true, pace: pace),
            targetName: "master1",
            places: [DrillPlace(name: "worker1", kind: .worker(worker), server: "apiserver.cluster.local:6443")],
            length: length, patience: patience, certificate: "target", kubeconfig: [], pace: pace, say: { _ in })
    }

    private func answer(_ host: HostID, _ script: Script) -> ScriptOutput? {
        guard host == target.id else { return nil }
        // Who has a connection to the target begins to talk on it before any more time passes.
        if script.text == FakeHosts.connecting { keeper.expect() }
        if script.text == DrillQuestion.boot { return ScriptOutput(status: 0, out: state.withLock { $0.boot } + "\n") }
        if script == StatusQuestion(spec: spec, host: target).script {
            return isAway || fault == .noReturn ? sick : healthy
        }
        if script == DrillScripts.recovery(of: target) {
            note("recovery")
            bringBack()
        }
        return nil
    }
}

private final class WorldClock: Sendable {
    let now = Mutex(Duration.zero)
}
