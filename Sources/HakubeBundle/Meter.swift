// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Counts bytes and lets a cancelled task go.
struct Meter {
    let total: Int
    let report: (_ done: Int, _ total: Int) -> Void
    private var done = 0

    init(total: Int, report: @escaping (_ done: Int, _ total: Int) -> Void) {
        self.total = total
        self.report = report
    }

    mutating func advance(_ count: Int) throws {
        try advance(to: done + count)
    }

    mutating func advance(to count: Int) throws {
        done = count
        report(done, total)
        try Task.checkCancellation()
    }
}
