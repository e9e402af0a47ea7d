// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport
import Synchronization

/// The talk with one probe: marks go to it for the clocks, what it measures comes back.
final class ProbeTalk: Dialogue {
    private struct State {
        var record = ProbeRecord()
        var bell: Bell?
        /// Marks that are to be sent.
        var outbox: [String] = []
        var sent: [String: Duration] = [:]
        var lastMark = 0
        var isOver = false
        var hasEnded = false
        /// The last line on standard error.
        var complaint = ""
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Duration

    /// - Parameter now: time since some fixed moment, the same for all talks of a drill.
    init(now: @escaping @Sendable () -> Duration) { self.now = now }

    var record: ProbeRecord { state.withLock { $0.record } }
    var complaint: String { state.withLock { $0.complaint } }
    /// The probe says no more.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    func mark() {
        change { state in
            state.lastMark += 1
            state.outbox.append(String(state.lastMark))
        }
    }

    /// Tells the probe to end.
    func finish() { change { $0.isOver = true } }

    /// The other side is gone.
    func ended() { state.withLock { $0.hasEnded = true } }

    func begin(_ bell: Bell) { state.withLock { $0.bell = bell } }

    func next() -> DialogueMove {
        state.withLock { state in
            guard !state.isOver else { return .end }
            guard !state.outbox.isEmpty else { return .wait }
            let mark = state.outbox.removeFirst()
            state.sent[mark] = now()
            return .send(Array("mark \(mark)\n".utf8))
        }
    }

    func hear(_ line: OutputLine) {
        let time = now()
        guard line.stream == .out else { return state.withLock { $0.complaint = line.text } }
        guard let said = ProbeLine(line.text) else { return }
        state.withLock { state in
            switch said {
            case .begin(let begin): state.record.begin = begin
            case .request(let sample): state.record.samples.append(sample)
            case .watch(let change): state.record.watch.append(change)
            case .late(let length, let at): state.record.stalls.append((length, at))
            case .mark(let name, let at):
                guard let sent = state.sent.removeValue(forKey: name) else { return }
                state.record.marks.append(ClockMark(sent: sent, received: time, theirs: at))
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
