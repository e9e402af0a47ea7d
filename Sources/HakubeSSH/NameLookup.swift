// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeRemote
import Synchronization

/// A socket address as bytes, ready for connect(2).
struct SocketAddress: Sendable, Hashable {
    let family: Int32
    let bytes: [UInt8]
}

/// getaddrinfo(3) on a thread of its own: the call knows neither deadline nor cancellation.
final class NameLookup: Sendable {
    private struct Answer {
        var addresses: [SocketAddress] = []
        var failure: String?
    }

    private let host: String
    private let port: Int
    private let answer = Mutex(Answer())
    private let done: Wakeup

    private init(host: String, port: Int) throws {
        self.host = host
        self.port = port
        done = try Wakeup()
    }

    /// - Throws: `LookupFailure`; `DeadlinePassed`; `CancellationError`.
    static func addresses(of host: String, port: Int, until deadline: Deadline, _ wakeup: Wakeup?) throws
        -> [SocketAddress]
    {
        let lookup = try NameLookup(host: host, port: port)
        try DetachedThread.start { lookup.resolve() }
        try Poll.wait([(lookup.done.descriptor, Int16(POLLIN))], until: deadline, wakeup)
        let answer = lookup.answer.withLock { $0 }
        if let failure = answer.failure { throw LookupFailure(message: failure) }
        return answer.addresses
    }

    private func resolve() {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, "\(port)", &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        var found = Answer()
        if status != 0 { found.failure = String(cString: gai_strerror(status)) }
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr {
                let raw = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
                found.addresses.append(SocketAddress(family: entry.ai_family, bytes: Array(raw)))
            }
            next = entry.ai_next
        }
        answer.withLock { $0 = found }
        done.raise()
    }
}

/// The name is unknown, or the resolver failed.
struct LookupFailure: Error {
    let message: String
}
