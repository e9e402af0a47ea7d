// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine

/// Marks and colours, as far as the terminal has them.
struct TerminalStyle: Sendable, Hashable {
    /// Select Graphic Rendition codes of ECMA-48.
    enum Colour: Int, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
    }

    let hasColour: Bool
    let isUnicode: Bool

    init(hasColour: Bool, isUnicode: Bool) {
        self.hasColour = hasColour
        self.isUnicode = isUnicode
    }

    /// NO_COLOR, when not empty, asks for none (no-color.org); the locale tells whether marks beyond ASCII can be shown.
    init(environment: [String: String]) {
        hasColour = environment["NO_COLOR", default: ""].isEmpty
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        isUnicode = locale.lowercased().replacing("-", with: "").contains("utf8")
    }

    func paint(_ text: String, _ colour: Colour) -> String {
        hasColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    var cutMark: String { isUnicode ? "…" : "~" }

    /// The spinner's picture at a moment: a new one every tenth of a second.
    func spinner(at moment: Duration) -> String {
        let pictures = isUnicode ? ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] : ["|", "/", "-", "\\"]
        return pictures[Int(moment / .milliseconds(100)) % pictures.count]
    }

    func mark(_ outcome: StepOutcome) -> (text: String, colour: Colour) {
        switch outcome {
        case .changed: (isUnicode ? "✓" : "+", .green)
        case .unchanged: (isUnicode ? "·" : "=", .dim)
        case .failed: (isUnicode ? "✗" : "x", .red)
        case .interrupted: ("!", .yellow)
        }
    }
}
