// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// Which reporter fits where the output goes.
enum ReporterChoice {
    static func reporter(
        for output: OutputOptions, log: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> any Reporter {
        // A reader that went away (`hakube init | head`) must not stop what runs on the hosts.
        let write: @Sendable (String) -> Void = { try? FileHandle.standardOutput.write(contentsOf: Data($0.utf8)) }
        if output.output == .json { return JSONLinesReporter(verbose: output.verbose, log: log, write: write) }
        if isatty(STDOUT_FILENO) == 1, environment["TERM"] ?? "dumb" != "dumb" {
            let style = TerminalStyle(environment: environment)
            return TerminalReporter(StandardTerminal(), style: style, verbose: output.verbose)
        }
        return PlainReporter(verbose: output.verbose, write: write)
    }
}
