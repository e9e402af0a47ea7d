// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization

/// The script on the target.
final class FakeKeeper: FakePartner {
    private struct State {
        var lines: [String] = []
        var isCut = false
        /// When a host that restarts is gone.
        var gone: Duration?
    }

    private let world: DrillWorld
    private let state = Mutex(State())

    init(_ world: DrillWorld) { self.world = world }

    func begin(_ bell: Bell) {
        world.keeper.begin(bell)
        say("ready")
    }

    func take(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") { obey(String(line)) }
    }

    private func obey(_ order: String) {
        if order.hasPrefix("clock") { return say(order) }
        world.note(order)
        switch (order, world.fault) {
        case ("arm", .noTimer): fail("no timer can be armed: no bus")
        case ("arm", _): say("armed")
        case ("stop", .noStop): fail("no process of the API server runs here")
        case ("stop", _): stop()
        default:
            world.bringBack()
            say("restored")
        }
    }

    private func stop() {
        world.atStop.withLock { $0 }()
        if world.kind == .host {
            state.withLock { $0.gone = world.pace.now() + .seconds(2) }
        } else {
            world.takeAway()
        }
        if world.fault != .mute { say("stopped") }
        if world.fault == .cut { state.withLock { $0.isCut = true } }
    }

    /// The target's clock is one of its own.
    private func say(_ word: String) {
        let nanoseconds = Int((world.pace.now() + .seconds(5000)) / .nanoseconds(1))
        state.withLock { $0.lines.append("\(word) \(nanoseconds)") }
    }

    private func fail(_ words: String) { state.withLock { $0.lines.append("failed \(words)") } }

    func say() -> [OutputLine] {
        let isDue = state.withLock { state in
            guard let gone = state.gone, gone <= world.pace.now() else { return false }
            state.gone = nil
            return true
        }
        if isDue, world.fault == .noRestart { fail("refused") }
        if isDue, world.fault != .noRestart {
            world.restart()
            state.withLock { $0.isCut = true }
        }
        let lines = state.withLock { state in
            defer { state.lines = [] }
            return state.lines
        }
        world.keeper.taken()
        return lines.map { OutputLine(.out, $0) }
    }

    func ending(isInputOver: Bool) -> Int? {
        let isCut = state.withLock { $0.isCut }
        guard isInputOver || isCut else { return nil }
        world.keeper.end()
        return isInputOver ? 0 : 255
    }

    func cut() {
        if state.withLock({ $0.gone }) != nil { world.note("hung up") }
        world.keeper.end()
    }
}

/// The probe on the worker: a request every 50 ms that fails if the target is away when it begins.
final class FakeProbe: FakePartner {
    private struct State {
        var told = 0
        var lines: [String] = []
        var watch = ""
    }

    private let world: DrillWorld
    private let state = Mutex(State())
    private let begin: Duration

    init(_ world: DrillWorld) {
        self.world = world
        begin = world.pace.now()
    }

    func begin(_ bell: Bell) { world.probe.begin(bell) }

    private var now: Int { Int((world.pace.now() - begin) / .microseconds(1)) }

    func take(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        state.withLock { $0.lines.append(#"{"mark":"\#(words.last ?? "")","at":\#(now)}"#) }
    }

    private func isBad(at moment: Int) -> Bool {
        world.fault == .sick || world.isAway(at: begin + .microseconds(moment))
    }

    func say() -> [OutputLine] {
        let lines = state.withLock { state in
            while (state.told + 1) * 50_000 <= now {
                let at = state.told * 50_000
                let word = isBad(at: at) ? #""ok":false,"why":"refused""# : #""ok":true,"status":200"#
                state.lines.append(#"{"request":\#(state.told),"begin":\#(at),"end":\#(at + 900),\#(word)}"#)
                state.told += 1
            }
            watch(&state)
            defer { state.lines = [] }
            return state.lines
        }
        world.probe.taken()
        return lines.map { OutputLine(.out, $0) }
    }

    private func watch(_ state: inout State) {
        let isBad = isBad(at: now)
        if state.watch.isEmpty || state.watch == "lost" && !isBad {
            let name = state.watch.isEmpty ? "target" : "other"
            state.lines.append(#"{"watch":"made","at":\#(now),"certificate":"\#(name)"}"#)
            state.watch = "made"
        } else if state.watch == "made", isBad {
            state.lines.append(#"{"watch":"lost","at":\#(now),"why":"reset"}"#)
            state.watch = "lost"
        }
    }

    func ending(isInputOver: Bool) -> Int? {
        guard isInputOver else { return nil }
        world.probe.end()
        return 0
    }

    func cut() { world.probe.end() }
}
