// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan

/// What a terminal shows of a run: lines that scroll away, and lines that live at the bottom. Pure: events and time in.
struct RunBoard {
    /// No line is wider, however wide the terminal is.
    static let widest = 80
    /// Lines of running hosts at a time.
    static let tallest = 20
    /// Of hosts that are being sent to: the line for all of them says what counts.
    static let tallestPush = 8

    private struct Running {
        let step: StepReference
        let since: Duration
        var sent: (done: Int, total: Int)?
        var rate = TransferRate()
    }

    let style: TerminalStyle
    let verbose: Bool
    private var running: [Running] = []
    private var began = Duration.zero
    private var phase = 0
    private var phases = 0
    private var ended = 0
    private var steps = 0
    private var hostWidth = 0
    private var push: PushProgress?

    init(style: TerminalStyle, verbose: Bool) {
        self.style = style
        self.verbose = verbose
    }

    /// Takes an event in.
    ///
    /// - Returns: the lines it adds above the living ones.
    mutating func apply(_ event: Event, at now: Duration, width: Int) -> [String] {
        switch event {
        case .planStarted(let plan):
            let lanes = plan.phases.flatMap(\.lanes)
            began = now
            phases = plan.phases.count
            steps = lanes.reduce(0) { $0 + $1.steps.count }
            hostWidth = min(24, lanes.map { $0.host.description.count }.max() ?? 0)
            return []
        case .phaseStarted(let started):
            phase += 1
            push = PushProgress(started, at: now)
            return [style.paint(TerminalText.cut(started.title, to: width, mark: style.cutMark), .bold)]
        case .stepStarted(let step):
            running.append(Running(step: step, since: now))
            running[running.count - 1].rate.note(0, at: now)
            return []
        case .output(let step, _, let text):
            guard verbose else { return [] }
            let line = "    \(step.host) | \(TerminalText.printable(text))"
            return [style.paint(TerminalText.cut(line, to: width, mark: style.cutMark), .dim)]
        case .notice(let step, let notice):
            let line = "  ! \(host(step)) \(step.title): \(RunWords.text(notice))"
            return RunWords.broken(line, "    ", width).map { style.paint($0, .yellow) }
        case .progress(let step, let done, let total):
            push?.advance(step, done, of: total, at: now)
            if let index = running.firstIndex(where: { $0.step == step }) {
                running[index].sent = (done, total)
                running[index].rate.note(done, at: now)
            }
            return []
        case .stepFinished(let step, let outcome, let elapsed):
            running.removeAll { $0.step == step }
            push?.end(step, outcome)
            ended += 1
            return [finished(step, outcome, elapsed, width)]
        case .phaseFinished:
            push = nil
            return []
        case .planFinished:
            running = []
            return []
        }
    }

    private func finished(_ step: StepReference, _ outcome: StepOutcome, _ elapsed: Duration, _ width: Int) -> String {
        let mark = style.mark(outcome)
        let right = TerminalText.padded(outcome.word, to: 11) + column(RunWords.time(elapsed))
        let line = TerminalText.spread("\(host(step)) \(step.title)", right, over: width - 4, mark: style.cutMark)
        if case .unchanged = outcome { return style.paint("  \(mark.text) \(line)", .dim) }
        return "  \(style.paint(mark.text, mark.colour)) \(line)"
    }

    /// The living lines: one for the run, one for each running step, as many as there is room for.
    func live(at now: Duration, width: Int, height: Int) -> [String] {
        guard phase > 0 else { return [] }
        let head = "  phase \(phase) of \(phases), step \(ended) of \(steps)"
        let top = TerminalText.spread(head, column(RunWords.time(now - began)), over: width)
        if let push { return [top] + sending(push, now, width, height - 3) }
        let room = max(0, min(Self.tallest, height - 2))
        let shown = running.count > room ? running.prefix(max(0, room - 1)) : running[...]
        let hidden = running.count - shown.count
        let more = hidden > 0 ? ["    and \(hidden) more"] : []
        return [top] + shown.map { line($0, now, width) } + more
    }

    /// All hosts in one line, those that have the smallest part, and how many others there are.
    private func sending(_ push: PushProgress, _ now: Duration, _ width: Int, _ room: Int) -> [String] {
        let overall = push.overall(at: now)
        let sentence = overall.sending > 0 || overall.done > 0 ? ["  " + overall.sentence] : []
        let byHost = Dictionary(running.map { ($0.step.host, $0) }) { $1 }
        let slowest = push.slowest.compactMap { byHost[$0] }
        let others = slowest.isEmpty ? running : []
        let all = slowest + others
        let limit = max(0, min(Self.tallestPush, room - 1))
        let shown = all.prefix(limit)
        let rest =
            slowest.isEmpty
            ? (all.count > limit ? "and \(all.count - limit) more" : nil)
            : overall.others(besides: shown.count)
        return sentence.map { TerminalText.cut($0, to: width, mark: style.cutMark) }
            + shown.map { line($0, now, width) } + (rest.map { ["    \($0)"] } ?? [])
    }

    private func line(_ running: Running, _ now: Duration, _ width: Int) -> String {
        let elapsed = now - running.since
        let right = sending(running, now) + column(RunWords.time(elapsed))
        let left = "  \(style.spinner(at: now)) \(host(running.step)) \(running.step.title)"
        return TerminalText.spread(left, right, over: width, mark: style.cutMark)
    }

    /// `42 %  118 MB/s`; the rate is that of the last seconds.
    private func sending(_ running: Running, _ now: Duration) -> String {
        guard let (done, total) = running.sent, total > 0 else { return "" }
        let rate = running.rate.perSecond(done, at: now) ?? 0
        return "\(done * 100 / total) %  \(ByteMeter.text(rate))/s "
    }

    /// An address that is too long loses its beginning: hosts of a network differ at the end.
    private func host(_ step: StepReference) -> String {
        let name = step.host.description
        let cut = name.count > hostWidth ? style.cutMark + name.suffix(hostWidth - 1) : name
        return TerminalText.padded(cut, to: hostWidth)
    }

    private func column(_ time: String) -> String {
        String(repeating: " ", count: max(0, 6 - time.count)) + time
    }
}
