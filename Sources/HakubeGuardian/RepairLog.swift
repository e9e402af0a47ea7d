// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Tells about repairs, but not about every one of a war with another program over the same table.
struct RepairLog {
    private var began = Instant(nanoseconds: 0)
    private var count = 0

    private static let span: Int64 = 10_000
    private static let limit = 20

    mutating func note(_ repair: String, at now: Instant) {
        if now.milliseconds(since: began) >= Self.span {
            if count > Self.limit {
                Log.line("\(count - Self.limit) more repairs in ten seconds: who else writes here?")
            }
            (began, count) = (now, 0)
        }
        count += 1
        if count <= Self.limit { Log.line(repair) }
    }
}
