// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Synchronization

/// Runs `body` for every element, at most so many at a time, and returns when all have ended.
///
/// A cancelled caller cancels what runs; elements whose turn has not come yet still get it, and find themselves cancelled.
///
/// Tasks of its own and no task group: on a busy machine a group of Swift 6.3 was seen to end the program ("pure virtual method
/// called") when its last child ended.
package func forEach<Element: Sendable>(
    _ elements: [Element], atMost width: Int, _ body: @escaping @Sendable (Element) async -> Void
) async {
    let line = WaitingLine(elements)
    let workers = (0..<min(max(1, width), elements.count)).map { _ in
        Task { while let element = line.next() { await body(element) } }
    }
    await withTaskCancellationHandler {
        for worker in workers { await worker.value }
    } onCancel: {
        for worker in workers { worker.cancel() }
    }
}

/// Elements that wait for their turn, in their order.
private final class WaitingLine<Element: Sendable>: Sendable {
    private let elements: [Element]
    private let position = Mutex(0)

    init(_ elements: [Element]) { self.elements = elements }

    func next() -> Element? {
        position.withLock { position in
            guard position < elements.count else { return nil }
            defer { position += 1 }
            return elements[position]
        }
    }
}
