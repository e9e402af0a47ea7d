// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Holds tasks until it is opened, and tells when so many have come: for tests that need two things at the same time.
package actor Gate {
    private var isOpen = false
    private var held: [CheckedContinuation<Void, Never>] = []
    private var arrived = 0
    private var expecting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    package init() {}

    /// Waits until the gate is open; a cancelled task goes through at once.
    package func pass() async {
        arrived += 1
        let ready = expecting.filter { $0.count <= arrived }
        expecting.removeAll { $0.count <= arrived }
        ready.forEach { $0.continuation.resume() }
        guard !isOpen, !Task.isCancelled else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { held.append($0) }
        } onCancel: {
            Task { await open() }
        }
    }

    /// Returns when that many tasks have come to the gate.
    package func arrivals(_ count: Int) async {
        if arrived >= count { return }
        await withCheckedContinuation { expecting.append((count, $0)) }
    }

    package func open() {
        isOpen = true
        held.forEach { $0.resume() }
        held = []
    }
}
