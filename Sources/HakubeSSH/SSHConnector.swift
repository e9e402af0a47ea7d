// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubeRemote
package import HakubeTransport

/// Opens SSH connections through libssh2.
package struct SSHConnector: Connector {
    private let context: SSHContext

    package init(_ configuration: SSHConfiguration) { self.init(SSHContext(configuration)) }

    package init(_ context: SSHContext) { self.context = context }

    package func connect(to host: Host) async throws -> any Transport {
        let login = try context.login(to: host)
        return try await context.connect(login, by: LibSSH2Opener(login: login, host: host.id, context: context))
    }
}
