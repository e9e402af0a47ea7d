// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubeRemote
package import HakubeTransport
import Synchronization

/// Opens SSH connections through the system's ssh: one for each host, over which all its commands run.
package final class OpenSSHConnector: Connector {
    private let program: SSHProgram
    private let context: SSHContext
    /// Made with the first connection.
    private let folder = Mutex<RunFolder?>(nil)

    package init(_ program: SSHProgram, _ context: SSHContext) {
        self.program = program
        self.context = context
    }

    package func connect(to host: Host) async throws -> any Transport {
        let login = try context.login(to: host)
        let run = try folder.withLock { folder in
            if let folder { return folder }
            let made = try RunFolder()
            folder = made
            return made
        }
        let opener = OpenSSHOpener(program: program, host: host, written: login, context: context, run: run)
        return try await context.connect(login, by: opener)
    }
}
