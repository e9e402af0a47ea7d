// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeRemote

/// A logged-in libssh2 session.
final class LibSSH2Link: Link {
    private let session: LibSSH2Session
    private let configuration: SSHConfiguration

    init(_ session: LibSSH2Session, _ configuration: SSHConfiguration) {
        self.session = session
        self.configuration = configuration
    }

    var isUsable: Bool { session.isUsable }
    var losesSignals: Bool { false }
    var lead: Duration { .milliseconds(600) }

    func exchange(_ command: String, _ wakeup: Wakeup?, sink: @escaping OutputSink) throws -> any Exchange {
        try ChannelExchange(session, command: command, configuration: configuration, wakeup: wakeup, sink: sink)
    }

    /// A channel opened and closed: the only call without side effects that also reads what the server sent meanwhile,
    /// its own keepalive questions above all, and that wakes firewalls which forget silent connections.
    func keepAlive() { session.probe(until: Deadline(after: configuration.connectTimeout)) }

    func close() { session.disconnect() }
}
