// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// One connection to the endpoint as a client of Kubernetes makes it: the name is looked up, the first of its addresses that
/// does not refuse is taken, then TLS.
///
/// An address that stays silent is waited for: Go's dialer, which kubelets use, gives up on one after two seconds at the
/// earliest, and that is past what a request here has.
final class ProbeConnection {
    enum Event {
        case open
        case bytes(ArraySlice<UInt8>)
        /// It is over, and why.
        case over(String)
    }

    private let server: ProbeServer
    private let loop: EventLoop
    private let lookup: NameLookup
    private let tls: ClientTLS
    private let offersHTTP2: Bool
    private let keepsAlive: Bool
    private let report: (Event) -> Void
    private var addresses: [IPAddress] = []
    private var watch: EventLoop.Watch?
    private var session: TLSSession?
    private var outgoing: [UInt8] = []
    private var isConnected = false
    private var isOpen = false
    private var isOver = false

    /// - Parameter isLasting: a connection that is kept: HTTP/2 is offered, and TCP looks after its silence as client-go has it.
    init(
        to server: ProbeServer, loop: EventLoop, lookup: NameLookup, tls: ClientTLS, isLasting: Bool,
        report: @escaping (Event) -> Void
    ) {
        self.server = server
        self.loop = loop
        self.lookup = lookup
        self.tls = tls
        offersHTTP2 = isLasting
        keepsAlive = isLasting
        self.report = report
    }

    var speaksHTTP2: Bool { session?.speaksHTTP2 ?? false }
    var serverDigest: String? { session?.serverDigest }

    func begin() {
        lookup.find(server.host) { [self] found in
            guard !isOver else { return }
            addresses = found
            if found.isEmpty { finish("the name \(server.host) has no address") } else { next("") }
        }
    }

    func send(_ bytes: [UInt8]) {
        outgoing += bytes
        flush()
    }

    /// Ends it without a word. A reset, so that no socket is left waiting behind.
    func close() {
        isOver = true
        session = nil
        drop()
    }

    private func drop() {
        guard let watch else { return }
        loop.end(watch)
        TCPSocket.closeWithReset(watch.descriptor)
        self.watch = nil
    }

    private func next(_ reason: String) {
        drop()
        guard !addresses.isEmpty else { return finish(reason) }
        switch TCPSocket.connect(to: SocketAddress(addresses.removeFirst(), port: server.port)) {
        case .failed(let number): next(errorText(number))
        case .connecting(let descriptor):
            if keepsAlive { TCPSocket.keepAlive(descriptor, idle: 30, interval: 30, count: 9) }
            watch = loop.watch(descriptor, for: .write) { [self] _ in ready() }
        }
    }

    private func ready() {
        if !isConnected { return connected() }
        if !isOpen { return handshake() }
        flush()
        receive()
    }

    private func connected() {
        guard let watch else { return }
        let number = TCPSocket.pendingError(watch.descriptor)
        guard number == 0 else { return next(errorText(number)) }
        isConnected = true
        session = tls.session(on: watch.descriptor, offeringHTTP2: offersHTTP2)
        handshake()
    }

    private func handshake() {
        guard let session, let watch else { return finish("TLS cannot start") }
        switch session.handshake() {
        case .wantsRead: loop.change(watch, to: .read)
        case .wantsWrite: loop.change(watch, to: .write)
        case .done:
            isOpen = true
            loop.change(watch, to: .read)
            report(.open)
            // What came along with the end of the handshake is in OpenSSL's hands already.
            receive()
        case let step: finish(Self.reason(step))
        }
    }

    private func receive() {
        while !isOver, isOpen, let session {
            switch session.read(upTo: 16_384, { [self] in report(.bytes($0)) }) {
            case .done: continue
            case .wantsRead, .wantsWrite: return
            case let step: return finish(Self.reason(step))
            }
        }
    }

    private func flush() {
        while !isOver, !outgoing.isEmpty, let session, let watch {
            switch session.write(outgoing) {
            case .done(let count):
                outgoing.removeFirst(count)
                if outgoing.isEmpty { loop.change(watch, to: .read) }
            case .wantsRead: return
            case .wantsWrite: return loop.change(watch, to: [.read, .write])
            case let step: return finish(Self.reason(step))
            }
        }
    }

    private func finish(_ reason: String) {
        guard !isOver else { return }
        close()
        report(.over(reason))
    }

    private static func reason(_ step: TLSSession.Step) -> String {
        switch step {
        case .ended: "the connection was ended"
        case .failed(let reason): reason
        case .untrusted(let reason): "the server is not trusted: \(reason)"
        case .done, .wantsRead, .wantsWrite: ""
        }
    }
}
