// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Keeps one watch, as a kubelet has one of its own Node, and tells when it broke and when it stood again.
///
/// While there is none it is tried every 100 ms or so, whatever the tries before are waiting for; the first that stands is the
/// watch. client-go waits longer after a failure, up to half a minute: here it is measured when a watch can be had.
final class ProbeWatch {
    enum Event: Hashable {
        case made(serverDigest: String)
        case heard
        case lost(String)
        /// A try that failed, told once for each reason.
        case failed(String)
    }

    private let loop: EventLoop
    private let path: String
    private let server: ProbeServer
    private let lookup: NameLookup
    private let tls: ClientTLS
    private let through: String?
    private let report: (Event) -> Void
    private var standing: WatchAttempt?
    private var attempts: [ObjectIdentifier: WatchAttempt] = [:]
    private var lastReason = ""
    private var lastHeard = Instant(nanoseconds: .min / 2)
    private var tries = 0
    private var timer: TimerHeap.ID?
    private var isStopped = false

    static let pause: Int64 = 100
    /// An endpoint that leads to several servers gives each connection another one; after so many it is sure enough that it
    /// does not lead to the one that was wanted.
    private static let mostTries = 30

    init(
        server: ProbeServer, through: String?, loop: EventLoop, lookup: NameLookup, tls: ClientTLS,
        report: @escaping (Event) -> Void
    ) {
        self.server = server
        self.through = through
        self.loop = loop
        self.lookup = lookup
        self.tls = tls
        self.report = report
        path = Self.path(for: tls.user)
    }

    /// What may be watched: a kubelet its own Node, and nothing that is not its own; others a name space that hardly changes.
    static func path(for user: String?) -> String {
        let node = "system:node:"
        let (kind, name) =
            user.flatMap { $0.hasPrefix(node) ? ("nodes", String($0.dropFirst(node.count))) : nil }
            ?? ("namespaces", "kube-system")
        return "/api/v1/\(kind)?watch=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3D\(name)"
    }

    func start() {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard !isStopped, standing == nil else { return }
        let attempt = WatchAttempt(loop: loop, path: path, authority: server.description) { [self] attempt, event in
            take(attempt, event)
        }
        attempts[ObjectIdentifier(attempt)] = attempt
        // Not in step with the requests: two of these and a try are three connections, and of three servers taken in turn
        // every try would be given the same.
        timer = loop.after(Self.pause + .random(in: -50...50)) { [self] in start() }
        attempt.start(to: server, lookup: lookup, tls: tls)
    }

    func stop() {
        isStopped = true
        for attempt in attempts.values { attempt.close() }
        attempts = [:]
        standing?.close()
        standing = nil
    }

    private func take(_ attempt: WatchAttempt, _ event: WatchAttempt.Event) {
        guard !isStopped else { return }
        switch event {
        case .made: made(attempt)
        case .heard where attempt === standing:
            // Once a second is enough to know that it carries.
            guard Instant.now.milliseconds(since: lastHeard) >= 1000 else { return }
            lastHeard = .now
            report(.heard)
        case .heard: return
        case .over(let reason):
            attempts[ObjectIdentifier(attempt)] = nil
            if attempt === standing {
                standing = nil
                lastReason = ""
                report(.lost(reason))
                start()
            } else if reason != lastReason {
                lastReason = reason
                report(.failed(reason))
            }
        }
    }

    private func made(_ attempt: WatchAttempt) {
        let digest = attempt.serverDigest ?? ""
        tries += 1
        guard through == nil || digest == through || tries >= Self.mostTries else {
            attempts[ObjectIdentifier(attempt)] = nil
            return loop.soon { attempt.close() }
        }
        // Only the first watch is looked for; one that is made anew stands where a client's would.
        tries = Self.mostTries
        standing = attempt
        attempts[ObjectIdentifier(attempt)] = nil
        for other in attempts.values { other.close() }
        attempts = [:]
        lastHeard = .now
        report(.made(serverDigest: digest))
    }
}
