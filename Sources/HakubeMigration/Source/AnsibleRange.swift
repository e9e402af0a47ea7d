// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// `node[1:3]`, `node[01:20:2]` and `node[a:c]` in names of hosts.
enum AnsibleRange {
    /// The names that a pattern means, and the port behind them: `node[1:3]:2222`, `[fd00::7]:2222`. An IPv6 address without
    /// brackets has no port.
    static func hosts(_ pattern: String) -> (names: [String], port: String?) {
        if let match = pattern.wholeMatch(of: /\[([^\[\]]*:[^\[\]]*:[^\[\]]*)\]:([0-9]+)/) {
            return ([String(match.1)], String(match.2))
        }
        if let match = pattern.wholeMatch(of: /((?:[^:\[\]]|\[[^\]]*\])+):([0-9]+)/) {
            return (expanded(String(match.1)), String(match.2))
        }
        return (expanded(pattern), nil)
    }

    static func expanded(_ name: String) -> [String] {
        guard let open = name.firstIndex(of: "["), let close = name[open...].firstIndex(of: "]") else { return [name] }
        let parts = name[name.index(after: open)..<close].split(separator: ":").map(String.init)
        let step = parts.count == 3 ? number(parts[2]) : 1
        guard (2...3).contains(parts.count), let step, step > 0, let items = items(parts[0], parts[1], step) else {
            return [name]
        }
        let tails = expanded(String(name[name.index(after: close)...]))
        guard items.count * tails.count <= HostList.maximum else { return [name] }
        return items.flatMap { item in tails.map { "\(name[..<open])\(item)\($0)" } }
    }

    /// Both ends count. Leading zeros of the first end are kept.
    private static func items(_ first: String, _ last: String, _ step: Int) -> [String]? {
        if let low = number(first), let high = number(last), low <= high, (high - low) / step < HostList.maximum {
            let width = first.hasPrefix("0") ? first.count : 0
            return stride(from: low, through: high, by: step).map { number in
                let text = String(number)
                return String(repeating: "0", count: max(0, width - text.count)) + text
            }
        }
        guard first.utf8.count == 1, last.utf8.count == 1, let low = first.utf8.first, let high = last.utf8.first,
            first.first?.isLetter == true, last.first?.isLetter == true, low <= high
        else { return nil }
        return stride(from: Int(low), through: Int(high), by: step).map { String(UnicodeScalar(UInt8($0))) }
    }

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
