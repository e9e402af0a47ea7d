// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One change of a real server's health.
package struct Transition: Sendable, Hashable, CustomStringConvertible {
    /// RFC 3339 in UTC.
    package var time: String
    package var server: String
    package var from: String
    package var to: String
    package var reason: String

    package var description: String { "\(server) is \(to), was \(from): \(reason)" }

    package var json: JSONValue {
        .object([
            .init("time", .string(time)), .init("server", .string(server)), .init("from", .string(from)),
            .init("to", .string(to)), .init("reason", .string(reason)),
        ])
    }

    package init(time: String, server: String, from: String, to: String, reason: String) {
        self.time = time
        self.server = server
        self.from = from
        self.to = to
        self.reason = reason
    }

    init?(_ json: JSONValue) {
        guard case .string(let time) = json["time"], case .string(let server) = json["server"],
            case .string(let from) = json["from"], case .string(let to) = json["to"],
            case .string(let reason) = json["reason"]
        else { return nil }
        self.init(time: time, server: server, from: from, to: to, reason: reason)
    }
}

/// The newest transitions, oldest first.
struct TransitionLog {
    private(set) var entries: [Transition] = []
    private static let limit = 32

    mutating func append(_ transition: Transition) {
        if entries.count == Self.limit { entries.removeFirst() }
        entries.append(transition)
    }
}
