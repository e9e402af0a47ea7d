// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// A child that may connect, and how far it has been served. Guarded by the depot's lock.
final class Link {
    let number: UInt64
    var key: Digest
    /// -1 while it is not connected.
    var socket: Int32 = -1
    /// Counts its connections: a new one ends the one before.
    var session = 0
    var wants: [(item: Item?, offset: UInt64)] = []
    /// Headers of its connections so far.
    var greetings: [[UInt8]] = []
    /// The want that is being served, and from where.
    var position = 0
    var offset: UInt64 = 0
    /// Bytes of wire form handed to the kernel for it.
    var sent: UInt64 = 0

    init(_ number: UInt64, _ key: Digest) {
        self.number = number
        self.key = key
    }

    /// Bytes that are here and that the child has not got.
    var available: UInt64 {
        var total: UInt64 = 0
        for index in position..<max(position, wants.count) {
            guard let item = wants[index].item else { continue }
            let from = index == position ? offset : wants[index].offset
            if item.readable > from { total += item.readable - from }
        }
        return total
    }
}

extension Depot {
    /// A key of nothing but zeros is answered and not admitted: it is how an operator asks for a sign of life, and no secret.
    func admit(_ number: UInt64, _ key: Digest) {
        guard key != Digest() else { return }
        gate.lock()
        defer { gate.unlock() }
        if let link = links.first(where: { $0.number == number }) {
            link.key = key
        } else {
            links.append(Link(number, key))
        }
    }

    /// Forgets the key and ends the connection.
    func expel(_ number: UInt64) {
        gate.lock()
        defer { gate.unlock() }
        for link in links where link.number == number {
            if link.socket >= 0 { courier_shut(link.socket) }
            link.session += 1
            link.key.forget()
        }
        links.removeAll { $0.number == number }
        gate.ring()
    }

    func key(of number: UInt64) -> Digest? {
        gate.lock()
        defer { gate.unlock() }
        return links.first { $0.number == number }?.key
    }

    /// A child has proved its key.
    /// - Parameter header: of its greeting; one that was used before is somebody's recording.
    /// - Returns: the link and the number of its connection; `nil` when it has been expelled meanwhile.
    func connected(_ number: UInt64, _ socket: Int32, _ header: [UInt8], _ wants: [Want]) -> (link: Link, session: Int)?
    {
        gate.lock()
        defer { gate.unlock() }
        guard let link = links.first(where: { $0.number == number }), !link.greetings.contains(header) else {
            return nil
        }
        link.greetings.append(header)
        if link.socket >= 0 { courier_shut(link.socket) }
        link.socket = socket
        link.session += 1
        link.wants = wants.map { (item: item($0), offset: $0.offset) }
        link.position = 0
        link.offset = wants.first?.offset ?? 0
        gate.ring()
        return (link, link.session)
    }

    func disconnected(_ link: Link, _ session: Int) {
        gate.lock()
        defer { gate.unlock() }
        guard link.session == session else { return }
        link.socket = -1
        link.wants = []
        link.position = 0
    }
}
