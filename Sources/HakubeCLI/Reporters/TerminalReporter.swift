// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine

/// For people at a terminal: ended steps scroll by, and below them each running host has a line that lives.
actor TerminalReporter: Reporter {
    /// Redrawing more often is not seen, and costs a slow terminal (a serial console) dear.
    private static let interval = Duration.milliseconds(100)

    private let terminal: any Terminal
    private let pace: Pace
    private var board: RunBoard
    /// Lines to scroll that wait for the next drawing.
    private var pending: [String] = []
    private var livingLines = 0
    private var drawn: Duration?
    private var isOver = false

    init(_ terminal: any Terminal, style: TerminalStyle, verbose: Bool = false, pace: Pace = .system) {
        self.terminal = terminal
        self.pace = pace
        board = RunBoard(style: style, verbose: verbose)
    }

    func report(_ event: Event) {
        let now = pace.now()
        pending += board.apply(event, at: now, width: width)
        if case .planFinished(let summary) = event {
            isOver = true
            draw(now, last: RunWords.ending(summary, width: width))
        } else if drawn.map({ now - $0 >= Self.interval }) ?? true {
            draw(now)
        }
    }

    func animate() async {
        while !isOver, (try? await pace.pause(Self.interval)) != nil {
            let now = pace.now()
            if !isOver, drawn.map({ now - $0 >= Self.interval }) ?? false { draw(now) }
        }
    }

    /// One column stays free: a terminal that is written full breaks the line by itself.
    private var width: Int { min(RunBoard.widest, terminal.size.columns) - 1 }

    /// Goes up to where the living lines begin, clears from there, and writes all anew in one go, so that nothing flickers.
    private func draw(_ now: Duration, last: String? = nil) {
        let live = last == nil ? board.live(at: now, width: width, height: terminal.size.rows) : []
        let up = livingLines > 0 ? "\u{1B}[\(livingLines)A" : ""
        let clear = livingLines > 0 ? "\r\(up)\u{1B}[J" : ""
        let begin = drawn == nil ? TerminalControl.hideCursor : ""
        let end = last.map { $0 + TerminalControl.showCursor } ?? ""
        terminal.write(begin + clear + (pending + live).map { $0 + "\n" }.joined() + end)
        pending = []
        livingLines = live.count
        drawn = now
    }
}
