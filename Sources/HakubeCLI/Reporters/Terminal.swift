// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A terminal as far as a reporter needs it.
protocol Terminal: Sendable {
    var size: (columns: Int, rows: Int) { get }
    func write(_ text: String)
}

enum TerminalControl {
    static let hideCursor = "\u{1B}[?25l"
    static let showCursor = "\u{1B}[?25h"
}

/// The terminal on standard output.
struct StandardTerminal: Terminal {
    /// Asked anew at each drawing: the operator may change the window.
    var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 20, window.ws_row > 3 else {
            return (80, 24)
        }
        return (Int(window.ws_col), Int(window.ws_row))
    }

    func write(_ text: String) { try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
}
