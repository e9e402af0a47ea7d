// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeFetch

/// Which display of transfers fits where standard error goes. Standard output keeps the result alone.
enum TransferDisplay {
    static func display(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> any FetchProgress {
        guard isatty(STDERR_FILENO) == 1, environment["TERM"] ?? "dumb" != "dumb" else {
            return PlainTransfers { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) }
        }
        return TerminalTransfers(
            StandardTerminal(descriptor: STDERR_FILENO), style: TerminalStyle(environment: environment))
    }
}
