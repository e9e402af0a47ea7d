// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CCourier

/// Where children connect. One thread accepts; each child gets one of its own.
final class Listener {
    enum Opening {
        case success(Listener)
        case failure(StaticString)
    }

    private let descriptor: Int32
    private let depot: Depot
    let port: Int

    /// Strangers may keep so many connections busy, each for `patience`.
    private static let strangersAtOnce = 64

    private init(_ descriptor: Int32, _ depot: Depot) {
        self.descriptor = descriptor
        self.depot = depot
        port = Int(courier_bound_port(descriptor))
    }

    /// - Parameter address: of this host; the kernel chooses the port.
    static func open(_ text: [CChar], _ depot: Depot) -> Opening {
        var address = sockaddr_storage()
        let length = courier_address(text, 0, &address)
        guard length > 0 else { return .failure("not-an-address") }
        let descriptor = courier_socket(Int32(address.ss_family))
        guard descriptor >= 0 else { return .failure(Errno.name(courier_errno())) }
        guard courier_bind(descriptor, &address, length) == 0, CCourier.listen(descriptor, 128) == 0 else {
            let why = Errno.name(courier_errno())
            close(descriptor)
            return .failure(why)
        }
        let listener = Listener(descriptor, depot)
        guard Thread.start({ listener.accept() }) else {
            close(descriptor)
            return .failure("no-threads")
        }
        return .success(listener)
    }

    /// Nobody can connect any more.
    func end() { courier_shut(descriptor) }

    private func accept() {
        while true {
            let child = courier_accept(descriptor)
            if child >= 0 {
                greet(LinkSocket(child))
                continue
            }
            switch courier_errno() {
            case EINVAL, EBADF:
                // Shut: see `end`.
                close(descriptor)
                return
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                // Linux keeps the connection in the queue; to ask at once would burn a core.
                courier_pause(100)
            default: break
            }
        }
    }

    private func greet(_ socket: LinkSocket) {
        depot.gate.lock()
        let isTooMany = depot.strangers >= Self.strangersAtOnce
        if !isTooMany { depot.strangers += 1 }
        depot.gate.unlock()
        guard !isTooMany else { return }
        let depot = depot
        if !Thread.start({ Self.talk(socket, depot) }) { depot.strangerIsGone() }
    }

    private static func talk(_ socket: LinkSocket, _ depot: Depot) {
        let greeting = Greeting(socket, depot)
        depot.strangerIsGone()
        guard let greeting,
            let (link, session) = depot.connected(greeting.link, socket.descriptor, greeting.header, greeting.wants)
        else {
            return
        }
        Serving(depot, socket, link, session: session, key: greeting.key)
            .run(greeting.wants, context: greeting.header)
        depot.disconnected(link, session)
        // The descriptor is closed only now that nobody can find it with the link any more.
        withExtendedLifetime(socket) {}
    }
}

/// What a child says when it connects.
private struct Greeting {
    let link: UInt64
    let key: Digest
    let header: [UInt8]
    let wants: [Want]

    /// `nil` for whoever does not prove the key of an admitted link in time.
    init?(_ socket: LinkSocket, _ depot: Depot) {
        let deadline = Instant.now.adding(LinkSocket.patience)
        do throws(LinkSocket.Ending) {
            let start = try socket.take(8 + SealedStream.headerSize, until: deadline)
            link = BigEndian.uint64(start, at: 0)
            header = Array(start.dropFirst(8))
            guard let key = depot.key(of: link) else { return nil }
            let opener = Opener(key, .toParent, header: header)
            self.key = key
            var all: [Want] = []
            while true {
                guard let size = Opener.size(try socket.take(SealedStream.lengthSize, until: deadline)),
                    let plain = opener.open(try socket.take(size, until: deadline)),
                    let message = ChildMessage(plain)
                else { return nil }
                guard case .wants(let some) = message else { break }
                all += some
                guard all.count <= Order.limit else { return nil }
            }
            wants = all
        } catch { return nil }
    }
}

extension Depot {
    fileprivate func strangerIsGone() {
        gate.lock()
        strangers -= 1
        gate.unlock()
    }
}
