// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubeOpenSSH
import HakubeRemote
import HakubeSSH
import HakubeTransport

/// How this command logs in, the same for all hosts and for every connector it needs.
struct LoginSettings: Sendable {
    let connection: ConnectionOptions
    /// Knows every password, to leave it out of logs.
    let values: RuntimeValues
    private let password: Secret?
    /// What the operator has typed: a second connector asks the same question again only when the answer was wrong.
    private let vault = SecretVault()
    /// A bundle goes to so few hosts that all of them get it from here.
    var sendsMuch = false
    /// The system's ssh, if there is one.
    private let program = SSHProgram.onPath()

    /// - Throws: `InventoryError` for a password file that cannot be used, and for a client that is not there.
    init(_ connection: ConnectionOptions) throws {
        self.connection = connection
        values = RuntimeValues()
        password = try PasswordSource(file: connection.passwordFile).known
        if let password { values.conceal(password) }
        guard connection.transport != .openssh || program != nil else {
            throw InventoryError(problems: [
                Problem(
                    place: "--transport openssh", message: "there is no ssh of OpenSSH 8.4 or later on PATH",
                    remedy: "install OpenSSH's client, or leave the option out")
            ])
        }
    }

    /// - Parameters:
    ///   - knownHosts: where host keys are looked up and recorded.
    ///   - others: where they are looked up, too.
    func connector(knownHosts: URL, others: [URL] = []) -> any Connector {
        var configuration = SSHConfiguration(knownHostsPath: knownHosts.path(percentEncoded: false))
        configuration.otherKnownHostsPaths = others.filter { $0 != knownHosts }.map { $0.path(percentEncoded: false) }
        configuration.strictHostKeys = connection.strictHostKeys
        configuration.connectTimeout = connection.connectDeadline
        let values = values
        let ask: @Sendable (String) -> Secret? = { question in
            let answer = PasswordSource.prompt(question)
            if let answer { values.conceal(answer) }
            return answer
        }
        configuration.password = password.map { .value($0) } ?? .ask(ask)
        configuration.passphrase = .ask(ask)
        configuration.onNewHostKey = { key in
            LoginSettings.tell("new host key of \(key.name): \(key.type) \(key.fingerprint)")
        }
        configuration.onNotice = { LoginSettings.tell($0) }
        configuration.hasOtherClient = connection.transport == .auto && program != nil
        return client(SSHContext(configuration, vault: vault))
    }

    private func client(_ context: SSHContext) -> any Connector {
        let library = SSHConnector(context)
        guard connection.transport != .libssh2, let program else { return library }
        let other = OpenSSHConnector(program, context)
        if connection.transport == .openssh { return other }
        return AutoConnector(
            library: library, program: other, context, signsRSA: LibSSH2.signsRSAWithSHA2, sendsMuch: sendsMuch
        ) {
            LoginSettings.tell(
                "\($0): the system's ssh connects, since \($1.words); the same goes for every host like it")
        }
    }

    private static func tell(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}
