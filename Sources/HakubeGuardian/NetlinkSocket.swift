// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// The kernel's refusal of a request.
package struct NetlinkError: Error, Hashable, CustomStringConvertible {
    package let number: Int32
    package let request: String

    package var description: String {
        let hint = number == EPERM ? "; the guardian needs root or CAP_NET_ADMIN" : ""
        return "\(request): \(errorText(number))\(hint)"
    }
}

/// One netlink socket. Requests are answered by the kernel within the call, so this does not wait; should one never come, it gives up after a second.
final class NetlinkSocket {
    private let descriptor: Int32
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// - Throws: when the kernel gives no socket of this netlink protocol.
    init(protocolNumber: Int32) throws(NetlinkError) {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), protocolNumber)
        guard descriptor >= 0 else { throw NetlinkError(number: errno, request: "opening a netlink socket") }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends one request and returns its answers, without acknowledgement and end mark. The name is for errors.
    func request(_ message: NetlinkMessage, _ name: @autoclosure () -> String) throws(NetlinkError) -> [NetlinkMessage]
    {
        var prepared = PreparedRequest(message)
        return try request(&prepared, name())
    }

    func request(
        _ prepared: inout PreparedRequest, _ name: @autoclosure () -> String
    ) throws(NetlinkError) -> [NetlinkMessage] {
        sequence &+= 1
        prepared.number(sequence)
        guard send(descriptor, prepared.bytes, prepared.bytes.count, 0) == prepared.bytes.count else {
            throw NetlinkError(number: errno, request: name())
        }
        var answers: [NetlinkMessage] = []
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw NetlinkError(number: count == 0 ? EPIPE : errno, request: name()) }
            // A late answer to an earlier, abandoned request has another number.
            for answer in NetlinkMessage.decode(Array(buffer[..<count])) where answer.sequence == sequence {
                guard let error = answer.errorNumber else {
                    answers.append(answer)
                    continue
                }
                guard error == 0 else { throw NetlinkError(number: error, request: name()) }
                return answers
            }
        }
    }
}

/// The C library's words for an errno.
func errorText(_ number: Int32) -> String {
    // Static storage: one thread only.
    strerror(number).map { String(cString: $0) } ?? "error \(number)"
}
