// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// Time, CPU and memory of this very process.
struct Meter {
    private let began = ContinuousClock.now
    private let cpu = Meter.cpuSeconds

    var seconds: Double { Self.rounded((ContinuousClock.now - began) / .seconds(1)) }
    var cpuSeconds: Double { Self.rounded(Self.cpuSeconds - cpu) }

    /// User and system, of all threads.
    private static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most this process ever had in memory, in bytes, as the kernel counts it.
    static var peakMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return (kibibytes ?? 0) * 1024
    }

    static func rounded(_ value: Double) -> Double { (value * 1_000_000).rounded() / 1_000_000 }
}
