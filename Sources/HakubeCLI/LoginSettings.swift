// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubeSSH
import HakubeTransport
import Synchronization

/// How this command logs in, the same for all hosts and for every connector it needs.
struct LoginSettings: Sendable {
    let connection: ConnectionOptions
    /// Knows every password, to leave it out of logs.
    let values: RuntimeValues
    private let password: Secret?
    private let answers = Answers()

    /// - Throws: `InventoryError` for a password file that cannot be used.
    init(_ connection: ConnectionOptions) throws {
        self.connection = connection
        values = RuntimeValues()
        password = try PasswordSource(file: connection.passwordFile).known
        if let password { values.conceal(password) }
    }

    /// - Parameters:
    ///   - knownHosts: where host keys are looked up and recorded.
    ///   - others: where they are looked up, too.
    func connector(knownHosts: URL, others: [URL] = []) -> any Connector {
        var configuration = SSHConfiguration(knownHostsPath: knownHosts.path(percentEncoded: false))
        configuration.otherKnownHostsPaths = others.filter { $0 != knownHosts }.map { $0.path(percentEncoded: false) }
        configuration.strictHostKeys = connection.strictHostKeys
        configuration.connectTimeout = connection.connectDeadline
        let (values, answers) = (values, answers)
        let ask: @Sendable (String) -> Secret? = { question in
            let answer = answers.answer(to: question)
            if let answer { values.conceal(answer) }
            return answer
        }
        configuration.password = password.map { .value($0) } ?? .ask(ask)
        configuration.passphrase = .ask(ask)
        configuration.onNewHostKey = { key in
            let line = "new host key of \(key.name): \(key.type) \(key.fingerprint)\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
        return SSHConnector(configuration)
    }

    /// What the operator has typed: a second connector does not ask the same question again.
    private final class Answers: Sendable {
        private let given = Mutex<[String: Secret]>([:])

        func answer(to question: String) -> Secret? {
            if let known = given.withLock({ $0[question] }) { return known }
            let answer = PasswordSource.prompt(question)
            given.withLock { $0[question] = answer }
            return answer
        }
    }
}
