// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeModel
import HakubeRemote
import HakubeTransport

/// Opens a connection through the system's ssh.
struct OpenSSHOpener: LinkOpener {
    let program: SSHProgram
    let host: Host
    /// As hakube itself reads ~/.ssh/config.
    let written: Login
    let context: SSHContext
    let run: RunFolder

    func open(_ wakeup: Wakeup) throws -> any Link {
        let meanings = try (0...written.bastions.count).map { try meaning($0, wakeup) }
        let login = written.found { hop, login in
            login.found(user: meanings[hop].user, address: meanings[hop].address, port: meanings[hop].port)
        }
        let attempt = OpenSSHAttempt(
            program: program, host: host, login: login, meanings: meanings,
            context: context, run: run)
        return try attempt.open(wakeup)
    }

    /// Asks ssh what ~/.ssh/config says, conditions included that only ssh can try.
    private func meaning(_ hop: Int, _ wakeup: Wakeup) throws -> EffectiveConfig {
        let configuration = context.configuration
        let arguments = ClientArguments(
            program: program.path, host: host, login: written, configuration: configuration, log: { _ in "" },
            knownHosts: { _ in "" })
        let environment = Master.environment(
            askPass: "/bin/false", agentSocket: configuration.agentSocket, hasProxies: false)
        func unusable(_ why: String) -> TransportError {
            TransportError(
                .unreachable, peer: written.peer, message: "ssh cannot use its configuration: \(why)",
                remedy: "mend ~/.ssh/config, or use --transport libssh2")
        }
        do {
            let answer = try ProgramAnswer.of(
                arguments.asking(hop), environment: environment, until: Deadline(after: configuration.connectTimeout),
                wakeup
            )
            guard answer.status == 0 else { throw unusable(answer.err.trimmingSpaces) }
            return EffectiveConfig(answer.out)
        } catch is DeadlinePassed {
            throw unusable("a condition in it takes more than \(configuration.connectTimeout.text)")
        }
    }
}
