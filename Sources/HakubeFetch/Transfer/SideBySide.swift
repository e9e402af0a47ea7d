// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Work on many things at once, so many at a time.
enum SideBySide {
    /// Goes on when one fails, so that people see all that is wrong; stops where an error says that waiting is vain.
    /// - Returns: the values in the elements' order.
    /// - Throws: one `FetchError` with the problems of all; anything else ends all at once.
    static func map<Element: Sendable, Value: Sendable>(
        _ elements: [Element], atMost width: Int, _ body: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        var values: [Int: Value] = [:]
        var problems: [Int: [Problem]] = [:]
        try await withThrowingTaskGroup(of: (Int, Result<Value, FetchError>).self) { group in
            var waiting = elements.enumerated().makeIterator()
            var isStopped = false
            func startNext() {
                guard !isStopped, let (index, element) = waiting.next() else { return }
                group.addTask {
                    do {
                        return (index, .success(try await body(element)))
                    } catch let error as FetchError {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, width) { startNext() }
            while true {
                do {
                    guard let (index, result) = try await group.next() else { return }
                    switch result {
                    case .success(let value): values[index] = value
                    case .failure(let error):
                        problems[index] = error.problems
                        if error.stopsOthers {
                            isStopped = true
                            group.cancelAll()
                        }
                    }
                    startNext()
                } catch is CancellationError where isStopped && !Task.isCancelled {
                    // Ours: it was told to stop.
                }
            }
        }
        let all = problems.sorted { $0.key < $1.key }.flatMap(\.value)
        guard all.isEmpty else { throw FetchError(problems: all) }
        return values.sorted { $0.key < $1.key }.map(\.value)
    }
}
