// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Runs `body` for every element, at most so many at a time, and returns when all have ended.
package func forEach<Element: Sendable>(
    _ elements: [Element], atMost width: Int, _ body: @escaping @Sendable (Element) async -> Void
) async {
    await withTaskGroup(of: Void.self) { group in
        for (index, element) in elements.enumerated() {
            if index >= max(1, width) { await group.next() }
            group.addTask { await body(element) }
        }
    }
}
