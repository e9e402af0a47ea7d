// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A host that ssh goes through on its way to others.
package struct Bastion: Sendable, Hashable, CustomStringConvertible {
    /// `nil`: as ~/.ssh/config and the defaults say.
    package let user: String?
    /// An address, a DNS name, or an alias in ~/.ssh/config.
    package let address: String
    package let port: Int?

    package init(user: String? = nil, address: String, port: Int? = nil) {
        self.user = user
        self.address = address
        self.port = port
    }

    /// As it is written in an inventory.
    package var description: String {
        let host = port == nil ? address : IPAddress(address)?.bracketed ?? address
        return (user.map { "\($0)@" } ?? "") + host + (port.map { ":\($0)" } ?? "")
    }

    /// The word for no bastion at all, where others have one.
    static let none = "none"

    /// Reads a comma list in the order of the way; `none` is the empty one.
    package static func list(_ text: String, place: String) -> (bastions: [Bastion]?, problems: [Problem]) {
        if text.trimmed.lowercased() == none { return ([], []) }
        let list = HostList(text, place: place)
        guard list.problems.isEmpty else { return (nil, list.problems) }
        guard list.items.count == text.listItems.count else {
            let problem = Problem(
                place: place, message: "a bastion is one host, and \(text) is a range",
                remedy: "write user@10.0.0.1:22, or a comma list in the order in which they are passed")
            return (nil, [problem])
        }
        return (
            list.items.map { Bastion(user: $0.user, address: $0.target.description, port: $0.port) }, []
        )
    }

    /// The text that `list` reads back.
    package static func text(_ bastions: [Bastion]) -> String {
        bastions.isEmpty ? none : bastions.map(\.description).joined(separator: ",")
    }
}
