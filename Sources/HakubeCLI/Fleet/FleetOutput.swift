// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTransport
import Synchronization

/// Tells what happens on many hosts at once: whole lines, each with its host.
final class FleetOutput: Sendable {
    private let format: OutputOptions.Format
    private let turn = Mutex(())

    init(_ format: OutputOptions.Format) { self.format = format }

    /// A line that a script printed. What went to standard error there goes to standard error here.
    func line(_ host: HostID, _ line: OutputLine) {
        switch format {
        case .text: write("[\(host)] \(TerminalText.printable(line.text))\n", isError: line.stream == .err)
        case .json: json(["host": host.description, "stream": line.stream.rawValue, "text": line.text])
        }
    }

    /// One JSON object on a line of its own, keys sorted.
    func json(_ object: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(object) else { return }
        write(String(decoding: data, as: UTF8.self) + "\n", isError: false)
    }

    /// Lines that do not belong to the hosts' output.
    func summary(_ table: TextTable, _ sum: String) {
        guard format == .text else { return }
        write((table.lines() + [sum]).map { $0 + "\n" }.joined(), isError: true)
    }

    private func write(_ text: String, isError: Bool) {
        let file = isError ? FileHandle.standardError : FileHandle.standardOutput
        // A reader that goes away must not end what runs on the hosts.
        turn.withLock { _ in try? file.write(contentsOf: Data(text.utf8)) }
    }
}
