// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation

/// Who works on a host, as its lock tells it.
package struct LockOwner: Sendable, Hashable {
    /// Unique for each run.
    package let token: String
    package let user: String
    /// The operator's machine: its name for people, its machine-id and boot-id for the question whether it is this one.
    package let machine: String
    package let machineID: String
    package let bootID: String
    /// A process is known by its number only within its PID namespace.
    package let namespace: String
    package let process: Int
    /// When the process began, in clock ticks since boot: a number is used again, the two together are not.
    package let began: String
    /// `hakube init`.
    package let command: String
    package let since: Date

    /// This process.
    package static func current(command: String, now: Date = Date()) -> LockOwner {
        func text(_ path: String) -> String {
            let text = try? String(contentsOfFile: path, encoding: .utf8)
            return (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let information = ProcessInfo.processInfo
        let process = Int(information.processIdentifier)
        let environment = information.environment
        return LockOwner(
            token: UUID().uuidString.lowercased(), user: environment["SUDO_USER"] ?? information.userName,
            machine: information.hostName, machineID: text("/etc/machine-id"),
            bootID: text("/proc/sys/kernel/random/boot_id"),
            namespace: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? "",
            process: process, began: ProcessTable.system.began(process) ?? "", command: command, since: now)
    }

    /// False only when this is certain: it ran on this machine, and does not any more.
    package func mayLive(beside here: LockOwner, in processes: ProcessTable = .system) -> Bool {
        // Copies of a machine that was never given an id of its own are not one machine.
        guard machineID.count == 32, machineID.allSatisfy(\.isHexDigit), machineID == here.machineID else {
            return true
        }
        guard bootID == here.bootID else { return false }
        guard namespace == here.namespace else { return true }
        return processes.began(process) == began
    }

    /// The lock's text: a key and its value a line.
    var text: String {
        let pairs = [
            ("token", token), ("user", user), ("machine", machine), ("machineID", machineID), ("bootID", bootID),
            ("namespace", namespace), ("process", "\(process)"), ("began", began), ("command", command),
            ("since", "\(Int(since.timeIntervalSince1970))"),
        ]
        return pairs.map { "\($0) \($1)" }.joined(separator: "\n")
    }

    private init(
        token: String, user: String, machine: String, machineID: String, bootID: String, namespace: String,
        process: Int, began: String, command: String, since: Date
    ) {
        self.token = token
        self.user = Self.word(user)
        self.machine = Self.word(machine)
        self.machineID = machineID
        self.bootID = bootID
        self.namespace = namespace
        self.process = process
        self.began = began
        self.command = Self.word(command)
        self.since = since
    }

    /// - Returns: `nil` for a text without a token: it is nobody's lock.
    package init?(_ text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        func value(_ key: Substring) -> String { values[key].map(String.init) ?? "" }
        guard values["token"] != nil else { return nil }
        self.init(
            token: value("token"), user: value("user"), machine: value("machine"), machineID: value("machineID"),
            bootID: value("bootID"), namespace: value("namespace"), process: Int(value("process")) ?? 0,
            began: value("began"), command: value("command"),
            since: Date(timeIntervalSince1970: TimeInterval(value("since")) ?? 0))
    }

    /// What people read comes from another machine: nothing in it may move a terminal's cursor or begin a new line.
    private static func word(_ text: String) -> String {
        String(text.unicodeScalars.filter { $0.properties.generalCategory != .control }.prefix(64).map(Character.init))
    }
}

extension LockOwner: CustomStringConvertible {
    /// `alice@ops1 (hakube join, pid 4711) since 14:02`.
    package var description: String { "\(user)@\(machine) (\(command), pid \(process)) since \(moment)" }

    private var moment: String {
        let isToday = Calendar.current.isDateInToday(since)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = isToday ? "HH:mm" : "yyyy-MM-dd HH:mm"
        return format.string(from: since)
    }
}

/// The processes of this machine, as far as locks ask for them.
package struct ProcessTable: Sendable {
    /// When a process began; `nil` when there is none of that number.
    package let began: @Sendable (Int) -> String?

    package init(began: @escaping @Sendable (Int) -> String?) { self.began = began }

    package static let system = ProcessTable { process in
        guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return nil }
        // proc(5): the name in parentheses may hold blanks and parentheses; the begin is field 22, counted from 1.
        let fields = line.split(separator: ")").last?.split(separator: " ") ?? []
        // Z and X: it has ended, and nobody has asked how.
        guard fields.count > 19, !["Z", "X"].contains(fields[0]) else { return nil }
        return String(fields[19])
    }
}
