// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeRemote

/// Answers what ssh asks while it logs in.
final class LoginQuestions {
    enum Reply: Hashable {
        case answer(Secret)
        /// ssh goes on without; it tries other keys and methods.
        case none
        /// Nothing that ssh could try after this would be right.
        case giveUp
    }

    private enum Subject: Hashable {
        case password(Login)
        case passphrase(key: String)
        case other(String)
    }

    private let logins: [Login]
    private let context: SSHContext
    private var given: [String: Secret] = [:]
    /// The hop whose password was tried.
    private(set) var passwordTried: Set<Login> = []
    private(set) var notes: [String] = []

    /// - Parameter logins: the bastions, then the host.
    init(_ logins: [Login], _ context: SSHContext) {
        self.logins = logins
        self.context = context
    }

    func reply(to question: AskPass.Question) -> Reply {
        let configuration = context.configuration
        if question.isNotice {
            configuration.onNotice(question.text.trimmingSpaces)
            return .none
        }
        switch subject(of: question.text) {
        case .password(let login):
            let found = secret(login.passwordTopic, configuration.password, "Password for \(login.peer): ")
            guard let found else { return .giveUp }
            passwordTried.insert(login)
            return .answer(found)
        case .passphrase(let key):
            let found = secret("key \(key)", configuration.passphrase, "Passphrase for the key \(key): ")
            guard let found else {
                notes.append("the key \(key) needs a passphrase and none that fits was given")
                return .none
            }
            return .answer(found)
        case .other(let text):
            // A PIN, a one-time code: only somebody at a terminal has it.
            guard !text.contains("(yes/no"), case .ask(let ask) = configuration.passphrase, let found = ask(text) else {
                notes.append("ssh asks: \(text.trimmingSpaces)")
                return .none
            }
            return .answer(found)
        }
    }

    private func secret(_ topic: String, _ source: SecretSource, _ prompt: String) -> Secret? {
        let found = context.vault.secret(topic, from: source, prompt: prompt, rejected: given[topic])
        given[topic] = found
        return found
    }

    /// `user@name's password: `, `Enter passphrase for key 'path': `, and `(user@name) ` before a server's own question; the
    /// name is the one under which hakube records the host's key.
    private func subject(of text: String) -> Subject {
        let start = "Enter passphrase for key '"
        if text.hasPrefix(start), let end = text.lastIndex(of: "'"), end > text.startIndex {
            return .passphrase(key: String(text[..<end].dropFirst(start.count)))
        }
        guard text.lowercased().contains("password") else { return .other(text) }
        // Bastions first: the host may have the same name behind each.
        let asker = logins.first { text.contains("\($0.user)@\($0.knownHostsName)") }
        return asker.map { .password($0) } ?? .other(text)
    }
}
