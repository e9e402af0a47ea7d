// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeRemote
import HakubeTransport

/// What lies in a connection's folder while ssh logs in: the keys it may see, its words, and the way to ask.
///
/// ssh never writes to the cluster's own known_hosts file: several would at the same time. It gets a copy of the lines that
/// count, and what it adds to that is recorded afterwards.
struct ClientFiles {
    let folder: HostFolder
    let askPass: AskPass
    /// Keys recorded for each hop.
    let recorded: [[HostKey]]
    private let context: SSHContext

    init(_ folder: HostFolder, _ logins: [Login], _ context: SSHContext) throws {
        self.folder = folder
        self.context = context
        askPass = try AskPass(in: folder)
        recorded = try logins.map { try context.knownHosts.keys(for: $0.knownHostsName) }
        for (hop, login) in logins.enumerated() {
            let lines = recorded[hop].map { "\(login.knownHostsName) \($0.type) \($0.base64)\n" }
            try folder.write(lines.joined(), to: folder.knownHosts(hop))
        }
    }

    func log(_ hop: Int) -> ClientLog { ClientLog(folder.text(folder.log(hop))) }

    /// Records the keys that the hops have shown, as far as the way was gone.
    /// - Throws: `TransportError` for one that must not be taken, and for a hop that was passed without a key that is known:
    ///   whatever let ssh accept it, it was not the cluster's file.
    func record(_ logins: [Login], _ host: HostID) throws {
        for (hop, login) in logins.enumerated() {
            let log = log(hop)
            let seen = KnownHosts.keys(for: login.knownHostsName, in: folder.text(folder.knownHosts(hop)))
            if let shown = log.serverKey, let key = seen.first(where: { $0.fingerprint == shown.fingerprint }) {
                try context.check(key, of: login, for: login.isBastion ? HostID(login.address) : host)
            } else if log.hasLoggedIn {
                throw TransportError(
                    .unknownHostKey, peer: login.peer,
                    message: "ssh has accepted a key that is not in the cluster's known_hosts file",
                    remedy: "see what ~/.ssh/config says about host keys, or use --transport libssh2")
            }
        }
    }
}
