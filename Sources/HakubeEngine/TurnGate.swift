// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Steps of one turn, one at a time, in the order in which they ask.
actor TurnGate {
    private var taken: Set<String> = []
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// Runs `body` while nobody else has this turn.
    func take<Value: Sendable>(_ turn: String?, _ body: @Sendable () async -> Value) async -> Value {
        guard let turn else { return await body() }
        await enter(turn)
        let value = await body()
        leave(turn)
        return value
    }

    private func enter(_ turn: String) async {
        if taken.insert(turn).inserted { return }
        await withCheckedContinuation { waiting[turn, default: []].append($0) }
    }

    /// Hands the turn straight to the next who waits, so that nobody can slip in between.
    private func leave(_ turn: String) {
        if let next = waiting[turn]?.first {
            waiting[turn]?.removeFirst()
            next.resume()
        } else {
            taken.remove(turn)
        }
    }
}
