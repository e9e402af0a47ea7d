// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One API server as the guardian knows it.
final class RealServer {
    let address: SocketAddress
    var tracker = HealthTracker()
    /// When the health last changed.
    var since = Timestamp.now
    var transitions = 0
    var probe: HealthProbe?
    var sentinel: Sentinel?

    /// When it was taken off the list.
    var leftAt: Instant?
    private let isOriginal: Bool

    init(_ address: SocketAddress, isOriginal: Bool) {
        self.address = address
        self.isOriginal = isOriginal
    }

    var forRotation: Rotation.Server {
        var server = Rotation.Server(address, tracker.health, isCertain: tracker.isRefused, isOriginal: isOriginal)
        server.isLeaving = leftAt != nil
        return server
    }

    /// Looks at it no more.
    func forget(in group: SentinelGroup) {
        probe?.stop()
        if let sentinel { group.forget(sentinel) }
        // Their reports hold this server.
        probe = nil
        sentinel = nil
    }
}
