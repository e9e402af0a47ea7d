// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization

@testable import HakubeCLI

/// Three masters and a worker in memory, of which one master can be stopped, on a clock twenty times as fast as ours.
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
    }

    struct State {
        var isAway = false
        /// Orders to the keeper, and `recovery`.
        var acts: [String] = []
    }

    let fault: Fault
    let spec: ClusterSpec
    let state = Mutex(State())
    let pace: Pace
    private let healthy: ScriptOutput
    private let sick: ScriptOutput

    init(_ fault: Fault = .none) throws {
        self.fault = fault
        var fixture = try StatusFixture()
        spec = fixture.spec
        let target = spec.masters[0].id
        healthy = StatusFixture.encoded(fixture.said[target] ?? [])
        fixture.change(target.description, "ready", "", to: "1 connection refused")
        sick = StatusFixture.encoded(fixture.said[target] ?? [])
        let begin = ContinuousClock.now
        pace = Pace(
            now: { (ContinuousClock.now - begin) * 20 }, pause: { try await Task.sleep(for: $0 / 20) })
    }

    var target: Host { spec.masters[0] }
    var worker: Host { spec.nodes[0] }
    var acts: [String] { state.withLock { $0.acts } }
    var isAway: Bool { state.withLock { $0.isAway } }

    func run(_ kind: DrillKind, length: Duration, patience: Duration = .seconds(20)) -> DrillRun {
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
        if script == StatusQuestion(spec: spec, host: target).script {
            return isAway || fault == .noReturn ? sick : healthy
        }
        if script == DrillScripts.recovery(of: target) {
            state.withLock { state in
                state.acts.append("recovery")
                state.isAway = false
            }
        }
        return nil
    }
}

/// The script on the target.
private final class FakeKeeper: FakePartner {
    private let world: DrillWorld
    private let lines = Mutex<[String]>([])
    private let isCut = Mutex(false)
    private let bell = Mutex<Bell?>(nil)

    init(_ world: DrillWorld) { self.world = world }

    func begin(_ bell: Bell) {
        self.bell.withLock { $0 = bell }
        say("ready")
    }

    func take(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") { obey(String(line)) }
    }

    private func obey(_ order: String) {
        if order.hasPrefix("clock") { return say(order) }
        world.state.withLock { $0.acts.append(order) }
        switch (order, world.fault) {
        case ("arm", .noTimer): lines.withLock { $0.append("failed no timer can be armed: no bus") }
        case ("arm", _): say("armed")
        case ("stop", .noStop): lines.withLock { $0.append("failed no process of the API server runs here") }
        case ("stop", _):
            world.state.withLock { $0.isAway = true }
            say("stopped")
            if world.fault == .cut { isCut.withLock { $0 = true } }
        default:
            world.state.withLock { $0.isAway = false }
            say("restored")
        }
    }

    /// The target's clock is one of its own.
    private func say(_ word: String) {
        let nanoseconds = Int((world.pace.now() + .seconds(5000)) / .nanoseconds(1))
        lines.withLock { $0.append("\(word) \(nanoseconds)") }
    }

    func say() -> [OutputLine] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines.map { OutputLine(.out, $0) }
        }
    }

    func ending(isInputOver: Bool) -> Int? { isInputOver ? 0 : isCut.withLock { $0 } ? 255 : nil }
    func cut() {}
}

/// The probe on the worker: a request every 50 ms that fails while the target is away.
private final class FakeProbe: FakePartner {
    private struct State {
        var told = 0
        var lines: [String] = []
        var watch = ""
    }

    private let world: DrillWorld
    private let state = Mutex(State())
    private let begin: Duration
    private let ringing = Mutex<Task<Void, Never>?>(nil)

    init(_ world: DrillWorld) {
        self.world = world
        begin = world.pace.now()
    }

    func begin(_ bell: Bell) {
        ringing.withLock { ringing in
            ringing = Task {
                while !Task.isCancelled {
                    bell.ring()
                    try? await Task.sleep(for: .milliseconds(2))
                }
            }
        }
    }

    private var now: Int { Int((world.pace.now() - begin) / .microseconds(1)) }

    func take(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        state.withLock { $0.lines.append(#"{"mark":"\#(words.last ?? "")","at":\#(now)}"#) }
    }

    func say() -> [OutputLine] {
        let isBad = world.isAway || world.fault == .sick
        return state.withLock { state in
            while (state.told + 1) * 50_000 <= now {
                let at = state.told * 50_000
                let word = isBad ? #""ok":false,"why":"refused""# : #""ok":true,"status":200"#
                state.lines.append(#"{"request":\#(state.told),"begin":\#(at),"end":\#(at + 900),\#(word)}"#)
                state.told += 1
            }
            if state.watch.isEmpty || state.watch == "lost" && !isBad {
                let name = state.watch.isEmpty ? "target" : "other"
                state.lines.append(#"{"watch":"made","at":\#(now),"certificate":"\#(name)"}"#)
                state.watch = "made"
            } else if state.watch == "made", isBad {
                state.lines.append(#"{"watch":"lost","at":\#(now),"why":"reset"}"#)
                state.watch = "lost"
            }
            defer { state.lines = [] }
            return state.lines.map { OutputLine(.out, $0) }
        }
    }

    func ending(isInputOver: Bool) -> Int? {
        guard isInputOver else { return nil }
        cut()
        return 0
    }

    func cut() { ringing.withLock { $0?.cancel() } }
}
