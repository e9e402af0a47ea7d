// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTransport

/// What came back from a worker that was asked for its guardian's status.
enum GuardianAnswer: Sendable, Hashable {
    case said(GuardianReport)
    /// The host could not be asked.
    case silent(TransportError)
    /// The program is not there.
    case missing
    /// The program ended without a status: its exit code, and the last line it said.
    case unclear(status: Int, line: String)

    /// The program's own exit code says only what its report says better, so a report counts whatever the code is.
    init(_ output: ScriptOutput) {
        if let report = try? JSONDecoder().decode(GuardianReport.self, from: Data(output.out.utf8)) {
            self = .said(report)
        } else if output.status == 127 {
            self = .missing
        } else {
            let said = output.err.isEmpty ? output.out : output.err
            let line = said.split(whereSeparator: \.isNewline).last.map { TerminalText.printable(String($0)) }
            self = .unclear(status: output.status, line: line ?? "")
        }
    }
}
