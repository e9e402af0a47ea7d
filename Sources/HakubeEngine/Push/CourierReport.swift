// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A line that the courier on a host writes.
enum CourierReport: Sendable, Hashable {
    /// Where bytes of a bad item came from.
    enum Origin: Sendable, Hashable {
        case upload, parts
        case link(UInt64)
    }

    case hello(version: Int)
    /// Complete and verified; `wire`: kept as it travels, for others.
    case holds(item: Int, wire: Bool)
    case part(item: Int, bytes: Int)
    case ready
    case listening(port: Int)
    /// No listener, and why.
    case deaf(String)
    case admitted(link: UInt64)
    case stopped(group: Int)
    case want(group: Int, item: Int, offset: Int)
    case wanted(group: Int)
    /// Wire bytes received in all, among others.
    case at(total: Int)
    case done(item: Int)
    case bad(item: Int, Origin)
    case lost(group: Int, link: UInt64, LinkFailure)
    case backlog(link: UInt64, available: Int, sent: Int)
    case error(word: String, detail: String)
    case missing(Int)
    case bye

    /// `nil` for a line that the protocol does not know.
    init?(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard let name = words.first else { return nil }
        let numbers = words.dropFirst().map { Int($0) ?? -1 }
        func at(_ index: Int) -> Int? { index < numbers.count && numbers[index] >= 0 ? numbers[index] : nil }
        func link(_ index: Int) -> UInt64? { index < words.count ? UInt64(words[index]) : nil }
        switch (name, at(0), at(1), at(2)) {
        case ("courier", let version?, _, _): self = .hello(version: version)
        case ("holds", let item?, _, _) where words.count == 3: self = .holds(item: item, wire: words[2] == "wire")
        case ("part", let item?, let bytes?, _): self = .part(item: item, bytes: bytes)
        case ("ready", _, _, _): self = .ready
        case ("listening", let port?, _, _) where (1...65535).contains(port): self = .listening(port: port)
        case ("deaf", _, _, _): self = .deaf(words.dropFirst().joined(separator: " "))
        case ("stopped", let group?, _, _): self = .stopped(group: group)
        case ("want", let group?, let item?, let offset?): self = .want(group: group, item: item, offset: offset)
        case ("wanted", let group?, _, _): self = .wanted(group: group)
        case ("at", _?, _?, _?) where numbers.count == 4 && numbers[3] >= 0: self = .at(total: numbers[3])
        case ("done", let item?, _, _): self = .done(item: item)
        case ("missing", let count?, _, _): self = .missing(count)
        case ("bye", _, _, _): self = .bye
        case ("error", _, _, _) where words.count > 1:
            self = .error(word: words[1], detail: words.dropFirst(2).joined(separator: " "))
        case ("admitted", _, _, _):
            guard let link = link(1) else { return nil }
            self = .admitted(link: link)
        case ("bad", let item?, _, _) where words.count >= 3:
            switch words[2] {
            case "operator": self = .bad(item: item, .upload)
            case "parts": self = .bad(item: item, .parts)
            default:
                guard let link = link(2) else { return nil }
                self = .bad(item: item, .link(link))
            }
        case ("lost", let group?, _, _) where words.count >= 4:
            guard let link = link(2), let why = LinkFailure(rawValue: words[3]) else { return nil }
            self = .lost(group: group, link: link, why)
        case ("backlog", _, let available?, let sent?):
            guard let link = link(1) else { return nil }
            self = .backlog(link: link, available: available, sent: sent)
        default: return nil
        }
    }
}
