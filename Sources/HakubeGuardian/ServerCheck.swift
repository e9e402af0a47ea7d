// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// Asks one target once, over a connection of its own.
final class ServerCheck {
    private enum Stage { case connecting, handshaking, sending, receiving }

    private let target: CheckTarget
    private let loop: EventLoop
    private let tls: TLSSettings
    private let report: (ProbeResult) -> Void
    private var stage = Stage.connecting
    private var watch: EventLoop.Watch?
    /// nil on a connection in the clear.
    private var session: TLSSession?
    private var response: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 4096)

    /// Asks all targets side by side and tells of those that do not answer well in time, in the order given.
    static func faults(_ options: CheckOptions) -> [String] {
        let tls = TLSSettings(certificateAuthority: options.certificateAuthority)
        let results = ask(options.targets, tls: tls, patience: options.patience)
        // A server that forbids the question may be one that starts; the others know whether it is forbidden at all.
        let forbidden = zip(options.targets, results).first { $0.isSecure && $1 == .answered(status: 403) }
        let others = forbidden.map { target, _ in
            options.peers.map { CheckTarget($0, path: target.path, isSecure: true) }
        }
        let isAdmitted = ask(others ?? [], tls: tls, patience: options.patience).contains(where: \.isAdmission)
        return zip(options.targets, results).compactMap { target, result in
            result.isHealthy(whileAnotherAdmits: isAdmitted) ? nil : "\(target): \(result)"
        }
    }

    private static func ask(_ targets: [CheckTarget], tls: TLSSettings, patience: Int64) -> [ProbeResult] {
        guard !targets.isEmpty else { return [] }
        let loop = EventLoop()
        var results = [ProbeResult?](repeating: nil, count: targets.count)
        let checks = targets.indices.map { index in
            ServerCheck(targets[index], loop: loop, tls: tls) { result in
                results[index] = result
                if results.allSatisfy({ $0 != nil }) { loop.stop() }
            }
        }
        loop.after(patience) { loop.stop() }
        for check in checks { check.begin() }
        loop.run()
        for check in checks { check.end() }
        return results.map { $0 ?? .timedOut }
    }

    private init(
        _ target: CheckTarget, loop: EventLoop, tls: TLSSettings, report: @escaping (ProbeResult) -> Void
    ) {
        self.target = target
        self.loop = loop
        self.tls = tls
        self.report = report
    }

    private func begin() {
        switch TCPSocket.connect(to: target.address) {
        case .failed(let number): finish(.failed(number))
        case .connecting(let descriptor):
            watch = loop.watch(descriptor, for: .write) { [self] _ in proceed() }
        }
    }

    private func end() {
        session = nil
        guard let watch else { return }
        loop.end(watch)
        close(watch.descriptor)
        self.watch = nil
    }

    private func finish(_ result: ProbeResult) {
        end()
        report(result)
    }

    private func proceed() {
        guard let watch else { return }
        switch stage {
        case .connecting:
            let number = TCPSocket.pendingError(watch.descriptor)
            guard number == 0 else { return finish(.failed(number)) }
            if target.isSecure {
                session = tls.session(on: watch.descriptor)
                guard session != nil else { return finish(.broken("TLS cannot start")) }
            }
            stage = target.isSecure ? .handshaking : .sending
            proceed()
        case .handshaking:
            guard let session, advance(session.handshake()) != nil else { return }
            stage = .sending
            proceed()
        case .sending:
            guard advance(send(watch.descriptor)) != nil else { return }
            stage = .receiving
            loop.change(watch, to: .read)
            proceed()
        case .receiving:
            while let count = advance(receive(watch.descriptor)) {
                response += buffer[..<count]
                switch HTTPResponseHead.read(response) {
                case .incomplete: continue
                case .malformed: return finish(.broken("the answer is not HTTP"))
                case .complete(let head): return finish(.answered(status: head.status))
                }
            }
        }
    }

    /// The byte count of a finished step; nil when it has to wait or the check is over.
    private func advance(_ step: TLSSession.Step) -> Int? {
        guard let watch else { return nil }
        switch step {
        case .done(let count): return count
        case .wantsRead: loop.change(watch, to: .read)
        case .wantsWrite: loop.change(watch, to: .write)
        case .ended: finish(.broken("the connection was cut"))
        case .failed(let reason): finish(.broken(reason))
        case .untrusted(let reason): finish(.untrusted(reason))
        }
        return nil
    }

    private func send(_ descriptor: Int32) -> TLSSession.Step {
        let request = Array(
            ("GET \(target.path) HTTP/1.1\r\nHost: \(target.address)\r\nUser-Agent: hakube-guardian\r\nAccept: */*\r\n"
                + "Connection: close\r\n\r\n").utf8)
        if let session { return session.write(request) }
        // A few hundred bytes into an empty buffer: all of them or none.
        return Self.step(Glibc.send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)), .wantsWrite)
    }

    private func receive(_ descriptor: Int32) -> TLSSession.Step {
        if let session { return session.read(into: &buffer) }
        let capacity = buffer.count
        return Self.step(recv(descriptor, &buffer, capacity, 0), .wantsRead)
    }

    private static func step(_ count: Int, _ waiting: TLSSession.Step) -> TLSSession.Step {
        if count > 0 { return .done(count) }
        if count == 0 { return .ended }
        return errno == EAGAIN ? waiting : .failed(errorText(errno))
    }
}
