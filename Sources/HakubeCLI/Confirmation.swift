// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// Asks the operator a yes-or-no question on the terminal.
enum Confirmation {
    /// True for yes. Without a terminal there is nobody to ask.
    ///
    /// - Throws: `InventoryError` when nobody can answer and `--yes` was not given.
    static func ask(_ question: String) throws -> Bool {
        try requireTerminal()
        let given = answer(to: "\(question) [y/N] ").lowercased()
        return given == "y" || given == "yes"
    }

    /// True when the operator types `word`.
    ///
    /// - Throws: as above.
    static func ask(_ statement: String, for word: String) throws -> Bool {
        try requireTerminal()
        return answer(to: "\(statement)\nType the name of the cluster to go on: ") == word
    }

    private static func answer(to question: String) -> String {
        FileHandle.standardError.write(Data(question.utf8))
        // Nothing runs while a question is asked: Ctrl-C is an answer.
        signal(SIGINT, SIG_DFL)
        defer { signal(SIGINT, SIG_IGN) }
        return readLine()?.trimmingCharacters(in: .whitespaces) ?? ""
    }

    private static func requireTerminal() throws {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw InventoryError(problems: [
                Problem(
                    place: "--yes", message: "there is no terminal to ask for consent on",
                    remedy: "look at the plan with --dry-run, then repeat the command with --yes")
            ])
        }
    }
}
