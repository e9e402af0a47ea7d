// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeFetch
import Synchronization

/// A line for each file that is there: for pipes, logs and terminals that can do no more.
final class PlainTransfers: FetchProgress {
    /// How often a transfer that takes long says that it still runs: CI systems end what is silent.
    private static let heartbeat = Duration.seconds(30)

    private struct Running {
        let since: Duration
        var told: Duration
        var bytes: Int?
        var count = 0
    }

    private let write: @Sendable (String) -> Void
    private let pace: Pace
    private let running = Mutex<[String: Running]>([:])

    init(pace: Pace = .system, write: @escaping @Sendable (String) -> Void) {
        self.pace = pace
        self.write = write
    }

    func began(_ label: String, bytes: Int?) {
        running.withLock { running in
            let now = pace.now()
            running[label, default: Running(since: now, told: now)].bytes = bytes
        }
    }

    func advanced(_ label: String, to bytes: Int) {
        let isDue = running.withLock { running -> Running? in
            guard var transfer = running[label] else { return nil }
            let now = pace.now()
            let isDue = now - transfer.told >= Self.heartbeat
            transfer.count = bytes
            if isDue { transfer.told = now }
            running[label] = transfer
            return isDue ? transfer : nil
        }
        guard let transfer = isDue else { return }
        let whole = transfer.bytes.map { " of \(ByteMeter.text($0))" } ?? ""
        write("fetching \(TerminalText.printable(label)): \(ByteMeter.text(transfer.count))\(whole)\n")
    }

    func ended(_ label: String) {
        let text = running.withLock { running in
            guard let transfer = running.removeValue(forKey: label) else { return "" }
            return ", \(ByteMeter.text(transfer.count)) in \(RunWords.time(pace.now() - transfer.since))"
        }
        write("fetched \(TerminalText.printable(label))\(text)\n")
    }

    func failed(_ label: String) { running.withLock { $0[label] = nil } }

    func note(_ text: String) { write("note: \(TerminalText.printable(text))\n") }
}
