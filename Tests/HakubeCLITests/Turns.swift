// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeTransport
import Synchronization

/// Lets who moves a clock wait until a partner in memory has had its turn: in tests time passes only when all have seen it.
final class Turns: Sendable {
    private struct State {
        var isExpected = false
        var isOver = false
        var bell: Bell?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// From now on its beginning is waited for.
    func expect() { state.withLock { $0.isExpected = true } }

    func begin(_ bell: Bell) { state.withLock { $0.bell = bell } }

    /// It has looked at the clock.
    func taken() { resume { _ in } }

    /// It takes no more turns.
    func end() { resume { $0.isOver = true } }

    /// Rings, and waits until the partner has taken a turn; not when it is not expected yet, or over, or the task is cancelled.
    func turn() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                let (isOn, bell) = state.withLock { state in
                    // Under the lock: who cancels later finds it waiting.
                    let isOn = state.isExpected && !state.isOver && !Task.isCancelled
                    if isOn { state.waiting.append(turn) }
                    return (isOn, state.bell)
                }
                guard isOn else { return turn.resume() }
                bell?.ring()
            }
        } onCancel: {
            resume { _ in }
        }
    }

    private func resume(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for turn in waiting { turn.resume() }
    }
}
