// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeFetch
import Synchronization

/// Transfers for people at a terminal: sentences scroll by, and below them each running transfer has a line that lives.
final class TerminalTransfers: FetchProgress {
    /// Redrawing more often is not seen, and costs a slow terminal (a serial console) dear.
    private static let interval = Duration.milliseconds(100)

    private struct State {
        var board: TransferBoard
        /// Lines to scroll that wait for the next drawing.
        var pending: [String] = []
        var livingLines = 0
        var drawn: Duration?
    }

    private let terminal: any Terminal
    private let style: TerminalStyle
    private let pace: Pace
    private let state: Mutex<State>

    init(_ terminal: any Terminal, style: TerminalStyle, pace: Pace = .system) {
        self.terminal = terminal
        self.style = style
        self.pace = pace
        state = Mutex(State(board: TransferBoard(style: style)))
    }

    func planned(transfers: Int, bytes: Int?) { change { board, _ in board.plan(transfers, bytes: bytes) } }
    func began(_ label: String, bytes: Int?) { change { $0.begin(label, bytes: bytes, at: $1) } }
    func advanced(_ label: String, to bytes: Int) { change { $0.advance(label, to: bytes, at: $1) } }
    func ended(_ label: String) { change { board, _ in board.end(label) } }
    func failed(_ label: String) { change { board, _ in board.fail(label) } }

    func note(_ text: String) {
        let lines = RunWords.broken("! \(TerminalText.printable(text))", "    ", width).map { style.paint($0, .yellow) }
        change(saying: lines) { _, _ in }
    }

    /// One column stays free: a terminal that is written full breaks the line by itself.
    private var width: Int { min(TransferBoard.widest, terminal.size.columns) - 1 }

    private func change(saying lines: [String] = [], _ body: (inout TransferBoard, Duration) -> Void) {
        state.withLock { state in
            let now = pace.now()
            body(&state.board, now)
            state.pending += lines
            // What comes after the last transfer, a result or an error, has to find a clean line.
            let isLast = state.board.isIdle && (state.livingLines > 0 || !state.pending.isEmpty)
            guard isLast || state.drawn.map({ now - $0 >= Self.interval }) ?? true else { return }
            draw(&state, now)
        }
    }

    /// Goes up to where the living lines begin, clears from there, and writes all anew in one go, so that nothing flickers.
    private func draw(_ state: inout State, _ now: Duration) {
        let live = state.board.live(at: now, width: width, height: terminal.size.rows)
        let clear = state.livingLines > 0 ? "\r\u{1B}[\(state.livingLines)A\u{1B}[J" : ""
        let text = clear + (state.pending + live).map { $0 + "\n" }.joined()
        if !text.isEmpty { terminal.write(text) }
        (state.pending, state.livingLines, state.drawn) = ([], live.count, now)
    }
}
