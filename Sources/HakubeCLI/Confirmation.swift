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
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw InventoryError(problems: [
                Problem(
                    place: "--yes", message: "there is no terminal to ask for consent on",
                    remedy: "look at the plan with 'hakube plan', then repeat the command with --yes")
            ])
        }
        FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
        let answer = readLine()?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
