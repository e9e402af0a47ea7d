// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One API server as the guardian knows it.
final class RealServer {
    let address: SocketAddress
    var tracker = HealthTracker()
    /// When the health last changed.
    var since = Timestamp.now
    var probe: HealthProbe?

    init(_ address: SocketAddress) { self.address = address }

    /// Looks at it no more.
    func forget() {
        probe?.stop()
        // The probe's report holds this server.
        probe = nil
    }
}
