// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Hosts as flags and inventory lines write them: a comma list of addresses and ranges, each with user and port.
///
///     10.0.0.1,10.0.0.5-9,10.10.0.1-10.10.1.244,root@10.0.0.2:2222,fd00::1,[fd00::1-fd00::5]:2222
package struct HostList: Sendable, Hashable {
    /// Where sshd listens, as written.
    package enum Target: Sendable, Hashable, CustomStringConvertible {
        case address(IPAddress)
        /// A DNS name, or an alias in ~/.ssh/config.
        case name(String)

        package var description: String {
            switch self {
            case .address(let address): address.description
            case .name(let name): name
            }
        }
    }

    package struct Item: Sendable, Hashable {
        package let user: String?
        package let port: Int?
        package let target: Target
    }

    /// One list or range never stands for more hosts than this: a slip in a range should not become a week of work.
    package static let maximum = 1000

    package private(set) var items: [Item] = []
    package private(set) var problems: [Problem] = []
    let place: String

    /// Reads every item; what cannot be read is in `problems`, all of it.
    package init(_ text: String, place: String) {
        self.place = place
        for item in text.listItems {
            if item.isEmpty {
                refuse(
                    text.trimmed.isEmpty ? "the list of hosts is empty" : "the list of hosts has an empty item",
                    "write addresses with one comma between them")
            } else {
                read(item)
            }
        }
    }

    mutating func refuse(_ message: String, _ remedy: String) {
        problems.append(Problem(place: place, message: message, remedy: remedy))
    }

    private mutating func read(_ item: String) {
        var rest = item[...]
        var user: String?
        if let at = item.lastIndex(of: "@") {
            user = String(item[..<at])
            rest = item[item.index(after: at)...]
            if let user, !Naming.isLogin(user) {
                return refuse("\(item) has no valid user name before the @", "write it as user@address")
            }
        }
        guard let (host, portText) = split(rest, of: item) else { return }
        var port: Int?
        if let portText {
            port = Naming.port(portText)
            if port == nil {
                return refuse("the port of \(item) is not a number from 1 to 65535", "write it as address:22")
            }
        }
        guard let targets = targets(host, of: item) else { return }
        items += targets.map { Item(user: user, port: port, target: $0) }
    }

    /// Takes the port off. Two colons or more outside brackets can only be a bare IPv6 address (RFC 5952, section 6).
    private mutating func split(_ text: Substring, of item: String) -> (host: String, port: String?)? {
        guard text.first == "[" else {
            guard text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") else {
                return (String(text), nil)
            }
            return (String(text[..<colon]), String(text[text.index(after: colon)...]))
        }
        guard let close = text.firstIndex(of: "]") else {
            refuse("\(item) opens a bracket and does not close it", "write it as [fd00::1]:22")
            return nil
        }
        let host = String(text[text.index(after: text.startIndex)..<close])
        let tail = text[text.index(after: close)...]
        guard host.contains(":"), tail.isEmpty || tail.first == ":" else {
            refuse(
                "\(item) does not read as [IPv6 address]:port", "write it as [fd00::1]:22, and IPv4 without brackets")
            return nil
        }
        return (host, tail.isEmpty ? nil : String(tail.dropFirst()))
    }

    private mutating func targets(_ text: String, of item: String) -> [Target]? {
        if let percent = text.firstIndex(of: "%") {
            refuse(
                "\(text) has a zone, which means something on one machine only",
                "write a global or unique local address instead of \(text[..<percent])")
            return nil
        }
        if let address = IPAddress(text) { return [.address(address)] }
        if let dash = text.firstIndex(of: "-"), let first = IPAddress(text[..<dash].trimmed) {
            return range(from: first, to: text[text.index(after: dash)...].trimmed, of: item)?.map(Target.address)
        }
        if Naming.looksLikeHostName(text) { return [.name(text)] }
        refuse(
            "\(item) is neither an address nor a range",
            "write it as 10.0.0.1, 10.0.0.1-3, 10.0.0.1-10.0.1.9, user@10.0.0.1:22 or [fd00::1]:22")
        return nil
    }
}
