// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a terminal shows of transfers: a line for each that runs and one for all of them. Pure: reports and time in.
struct TransferBoard {
    /// No line is wider, however wide the terminal is.
    static let widest = 80
    /// Lines of transfers at a time.
    static let tallest = 20

    private struct Running {
        let label: String
        var bytes: Int?
        var count = 0
        var rate = TransferRate()
    }

    private let style: TerminalStyle
    private var running: [Running] = []
    /// Of the round that runs: transfers that were announced together, or while others still ran.
    private var planned = 0
    private var plannedBytes: Int? = 0
    private var ended = 0
    /// Bytes of transfers that have ended.
    private var endedBytes = 0
    private var rate = TransferRate()

    init(style: TerminalStyle) { self.style = style }

    var isIdle: Bool { running.isEmpty }

    mutating func plan(_ transfers: Int, bytes: Int?) {
        if running.isEmpty, ended >= planned {
            (planned, plannedBytes, ended, endedBytes, rate) = (0, 0, 0, 0, TransferRate())
        }
        planned += transfers
        plannedBytes = plannedBytes.flatMap { known in bytes.map { min(known, 1 << 60) + min($0, 1 << 60) } }
    }

    mutating func begin(_ label: String, bytes: Int?, at now: Duration) {
        guard let index = running.firstIndex(where: { $0.label == label }) else {
            running.append(Running(label: label, bytes: bytes))
            return
        }
        running[index].bytes = bytes
    }

    mutating func advance(_ label: String, to count: Int, at now: Duration) {
        guard let index = running.firstIndex(where: { $0.label == label }) else { return }
        running[index].count = count
        running[index].rate.note(count, at: now)
        rate.note(sum, at: now)
    }

    /// - Returns: how many bytes it has.
    @discardableResult
    mutating func end(_ label: String) -> Int {
        guard let index = running.firstIndex(where: { $0.label == label }) else {
            ended += 1
            return 0
        }
        let count = running.remove(at: index).count
        ended += 1
        endedBytes += count
        return count
    }

    mutating func fail(_ label: String) { running.removeAll { $0.label == label } }

    private var sum: Int { running.reduce(endedBytes) { $0 + $1.count } }

    /// As many lines as there is room for; none while nothing runs.
    func live(at now: Duration, width: Int, height: Int) -> [String] {
        guard !running.isEmpty else { return [] }
        let room = max(0, min(Self.tallest, height - 2))
        let shown = running.count > room ? running.prefix(max(0, room - 1)) : running[...]
        let hidden = running.count - shown.count
        let more = hidden > 0 ? ["    and \(hidden) more"] : []
        return shown.map { line($0, now, width) } + more + [overall(now, width)]
    }

    private func line(_ transfer: Running, _ now: Duration, _ width: Int) -> String {
        let speed = transfer.rate.perSecond(transfer.count, at: now)
        let right = figures(transfer.count, of: transfer.bytes, speed, width)
        let left = "  \(style.spinner(at: now)) \(TerminalText.printable(transfer.label))"
        return TerminalText.spread(left, bar(transfer, width) + right, over: width, mark: style.cutMark)
    }

    private func overall(_ now: Duration, _ width: Int) -> String {
        let total = max(planned, ended + running.count)
        // A server that sends another length than the plan says makes no nonsense of the line.
        let bytes = plannedBytes.flatMap { $0 >= sum && $0 > 0 ? $0 : nil }
        let right = figures(sum, of: bytes, rate.perSecond(sum, at: now), width)
        return TerminalText.spread("  \(ended) of \(total) fetched", right, over: width, mark: style.cutMark)
    }

    /// Ten columns where there is room for them.
    private func bar(_ transfer: Running, _ width: Int) -> String {
        guard width >= 70, let bytes = transfer.bytes, bytes > 0 else { return "" }
        let full = min(10, transfer.count * 10 / bytes)
        let (mark, rest) = style.isUnicode ? ("█", "░") : ("#", "-")
        return String(repeating: mark, count: full) + String(repeating: rest, count: 10 - full) + " "
    }

    /// `  45 MB of 72 MB   12 MB/s   0:03`, each in its column.
    private func figures(_ count: Int, of bytes: Int?, _ speed: Int?, _ width: Int) -> String {
        let amount = ByteMeter.text(count) + (bytes.map { " of \(ByteMeter.text($0))" } ?? "")
        let left = bytes.flatMap { bytes in
            speed.flatMap { $0 > 0 ? Duration.seconds(Double(max(0, bytes - count)) / Double($0)) : nil }
        }
        return (width >= 50 ? Self.column(amount, 18) : "")
            + Self.column(speed.map { "\(ByteMeter.text($0))/s" } ?? "", 10)
            + Self.column(left.map(Self.clock) ?? "", 7)
    }

    private static func column(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// `0:07`, `12:05`, `3:00:00`; nobody waits for more than 99:59:59.
    static func clock(_ span: Duration) -> String {
        let seconds = Int(min(span / .seconds(1), 359_999).rounded(.up))
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }
}
