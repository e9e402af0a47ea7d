// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// Non-blocking TCP as plain descriptors; every function returns the errno on failure.
enum TCPSocket {
    /// IPV6_FREEBIND of `linux/in6.h`, which glibc's headers lack.
    private static let ipv6FreeBind: Int32 = 78

    enum Opening {
        case connecting(Int32)
        case failed(Int32)
    }

    /// Starts to connect. The descriptor becomes writable when the attempt has ended; `pendingError` tells how.
    ///
    /// - Parameter ownPort: keeps the source port from every client on this node. IPVS leaves a client's port as it is,
    ///   so one with the port of a connection of ours is the same connection to the server, which answers neither as it
    ///   ought to: a second lost for the client. Linux chooses no port for a `connect` that somebody holds by `bind`.
    static func connect(to address: SocketAddress, ownPort: Bool = false) -> Opening {
        let descriptor = open(address.address.family)
        guard descriptor >= 0 else { return .failed(errno) }
        sendAtOnce(descriptor)
        if ownPort {
            // Without a port to be had this way, connecting still may find one.
            _ = SocketAddress.any(address.address.family).withSocketAddress { bind(descriptor, $0, $1) }
        }
        let result = address.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
        guard result != 0, errno != EINPROGRESS else { return .connecting(descriptor) }
        let number = errno
        close(descriptor)
        return .failed(number)
    }

    /// 0 when the connection stands.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno
    }

    /// Whether the peer's kernel has acknowledged all that was written.
    static func isTaken(_ descriptor: Int32) -> Bool { hakube_unacknowledged_bytes(descriptor) <= 0 }

    /// A listener that can be bound before the address is local, and beside one that is about to end.
    static func listen(on address: SocketAddress) -> Result<Int32, NetlinkError> {
        func failure() -> Result<Int32, NetlinkError> {
            .failure(NetlinkError(number: errno, request: "listening on \(address)"))
        }
        let descriptor = open(address.address.family)
        guard descriptor >= 0 else { return failure() }
        setFlag(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        setFlag(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)
        // IPv6 demands an interface with the address, even if a local route delivers it; IPv4 does not care.
        switch address.address.family {
        case .v4: setFlag(descriptor, Int32(IPPROTO_IP), IP_FREEBIND, 1)
        case .v6: setFlag(descriptor, Int32(IPPROTO_IPV6), ipv6FreeBind, 1)
        }
        guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 4096) == 0 else {
            defer { close(descriptor) }
            return failure()
        }
        return .success(descriptor)
    }

    /// Finds a peer that vanished without a word: after 30 s of silence, within another 30 s unless said otherwise.
    static func keepAlive(_ descriptor: Int32, idle: Int32 = 30, interval: Int32 = 10, count: Int32 = 3) {
        setFlag(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        setFlag(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, idle)
        setFlag(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, interval)
        setFlag(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, count)
    }

    static func sendAtOnce(_ descriptor: Int32) { setFlag(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }

    /// Makes the next close an RST: the peer learns at once that the connection is void.
    static func closeWithReset(_ descriptor: Int32) {
        var hard = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }

    private static func open(_ family: IPAddress.Family) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        return socket(family == .v4 ? AF_INET : AF_INET6, kind, 0)
    }

    private static func setFlag(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
