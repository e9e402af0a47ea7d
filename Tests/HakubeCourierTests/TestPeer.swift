// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeCourier
import HakubeTestSupport

/// Another host's courier as a test plays it: it says whatever the test wants, true or not.
enum TestPeer {
    static let key = [UInt8](repeating: 7, count: 32).withUnsafeBytes { Digest($0) }
    static var keyHex: String { String(decoding: key.hex, as: UTF8.self) }

    /// A listener on 127.0.0.1 that runs `talk` with every connection it gets. Closes with its owner.
    final class Parent: Sendable {
        let port: Int
        private let descriptor: Int32

        init(_ talk: @escaping @Sendable (LinkSocket) -> Void) throws {
            let descriptor = Self.listener()
            var address = TestPeer.loopback(port: 0)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            port = Int(UInt16(bigEndian: address.sin_port))
            self.descriptor = descriptor
            Foundation.Thread.detachNewThread {
                while true {
                    let child = Glibc.accept(descriptor, nil, nil)
                    guard child >= 0 else { return }
                    Foundation.Thread.detachNewThread { talk(LinkSocket(child)) }
                }
            }
        }

        deinit {
            shutdown(descriptor, Int32(SHUT_RDWR))
            close(descriptor)
        }

        private static func listener() -> Int32 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            var address = TestPeer.loopback(port: 0)
            withUnsafePointer(to: &address) {
                _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            listen(descriptor, 8)
            return descriptor
        }
    }

    /// What a parent does first: reads the greeting, answers as who has the key.
    /// - Returns: what seals further messages, and what the child wants.
    static func accept(_ socket: LinkSocket) throws -> (sealer: Sealer, wants: [Want]) {
        let header = Array(try socket.take(8 + SealedStream.headerSize).dropFirst(8))
        let opener = Opener(key, .toParent, header: header)
        var wants: [Want] = []
        while true {
            guard let size = Opener.size(try socket.take(4)), let plain = opener.open(try socket.take(size)),
                let message = ChildMessage(plain)
            else { throw CourierRun.Failure(description: "no greeting") }
            guard case .wants(let some) = message else { break }
            wants += some
        }
        let sealer = Sealer(key, .toChild)
        _ = socket.send(sealer.header + sealer.seal(ParentMessage.heartbeatBytes, context: header))
        return (sealer, wants)
    }

    /// A data message as it is before sealing.
    static func data(_ want: UInt32, from offset: UInt64, _ bytes: some Collection<UInt8>) -> [UInt8] {
        var message: [UInt8] = [1]
        BigEndian.put(want, into: &message)
        BigEndian.put(offset, into: &message)
        return message + bytes
    }

    static func connect(to port: Int) -> LinkSocket? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port: port)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status == 0 { return LinkSocket(descriptor) }
        close(descriptor)
        return nil
    }

    static func canConnect(to port: Int) -> Bool { connect(to: port) != nil }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
