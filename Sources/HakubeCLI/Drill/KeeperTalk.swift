// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport
import Synchronization

/// The talk with the script on the target that stops and puts back (`DrillScripts.keeper`).
final class KeeperTalk: Dialogue {
    enum Order: String, Sendable {
        case clock, arm, stop, restore
    }

    private struct State {
        var bell: Bell?
        var outbox: [Order] = []
        var clocks = 0
        var sent: [Int: Duration] = [:]
        var stopSent: Duration?
        var marks: [ClockMark] = []
        /// The target's own time of each answer.
        var answers: [String: Duration] = [:]
        var failure: String?
        var isOver = false
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Duration

    init(now: @escaping @Sendable () -> Duration) { self.now = now }

    func order(_ order: Order) {
        change { state in
            state.failure = nil
            state.outbox.append(order)
        }
    }

    /// Ends the script; it puts back what is still stopped.
    func finish() { change { $0.isOver = true } }

    /// The connection or the script is gone.
    func ended() { state.withLock { $0.hasEnded = true } }

    var hasEnded: Bool { state.withLock { $0.hasEnded } }
    /// Why an order could not be carried out.
    var failure: String? { state.withLock { $0.failure } }
    var clockCount: Int { state.withLock { $0.marks.count } }

    /// When an answer was given, by the target's own clock: `ready`, `armed`, `stopped`, `restored`.
    func answer(_ word: String) -> Duration? { state.withLock { $0.answers[word] } }

    /// The same by this machine's clock, and how wrong it may be.
    func moment(of word: String) -> (at: Duration, precision: Duration)? {
        state.withLock { state in
            guard let alignment = ClockAlignment(state.marks) else { return nil }
            if let theirs = state.answers[word] { return (alignment.ours(theirs), alignment.precision) }
            // A host that restarts may have no time left to say so.
            guard word == "stopped", let sent = state.stopSent else { return nil }
            return (sent + alignment.precision, alignment.precision)
        }
    }

    func begin(_ bell: Bell) { state.withLock { $0.bell = bell } }

    func next() -> DialogueMove {
        state.withLock { state in
            guard !state.outbox.isEmpty else { return state.isOver ? .end : .wait }
            let order = state.outbox.removeFirst()
            var line = order.rawValue
            switch order {
            case .clock:
                state.clocks += 1
                state.sent[state.clocks] = now()
                line += " \(state.clocks)"
            case .stop: state.stopSent = now()
            case .arm, .restore: break
            }
            return .send(Array("\(line)\n".utf8))
        }
    }

    func hear(_ line: OutputLine) {
        let time = now()
        guard line.stream == .out else { return }
        let words = line.text.split(separator: " ")
        guard let first = words.first.map(String.init) else { return }
        state.withLock { state in
            if first == "failed" {
                state.failure = words.dropFirst().joined(separator: " ")
                return
            }
            guard let nanoseconds = words.last.flatMap({ Int64($0) }) else { return }
            let theirs = Duration.nanoseconds(nanoseconds)
            if first == "clock", words.count == 3, let number = Int(words[1]) {
                guard let sent = state.sent.removeValue(forKey: number) else { return }
                state.marks.append(ClockMark(sent: sent, received: time, theirs: theirs))
            } else {
                state.answers[first] = theirs
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let bell = state.withLock { state in
            body(&state)
            return state.bell
        }
        bell?.ring()
    }
}
