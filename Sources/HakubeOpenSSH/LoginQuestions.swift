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
    /// Something secret was sent: an attempt that is made again would send it again.
    private(set) var hasAnswered = false

    /// - Parameter logins: the bastions, then the host.
    init(_ logins: [Login], _ context: SSHContext) {
        self.logins = logins
        self.context = context
    }

    func reply(to question: AskPass.Question) -> Reply {
        let reply = decide(question)
        if case .answer = reply { hasAnswered = true }
        return reply
    }

    private func decide(_ question: AskPass.Question) -> Reply {
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
            guard !text.contains("(yes/no"), let found = context.vault.unkept(configuration.passphrase, text) else {
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

    /// `user@name's password: ` for a password, `(user@name) ` in front of a question that the server has put into words
    /// (OpenSSH 8.4 and later); the name is the one under which hakube records the host's key. What the server says behind it
    /// decides nothing but whether a password is meant: it may name whom it likes.
    private func subject(of text: String) -> Subject {
        for login in logins {
            let name = "\(login.user)@\(login.knownHostsName)"
            if text == "\(name)'s password: " { return .password(login) }
            if text.hasPrefix("(\(name)) ") {
                let rest = text.dropFirst(name.count + 3).lowercased()
                return rest.contains("password") ? .password(login) : .other(text)
            }
        }
        let start = "Enter passphrase for key '"
        if text.hasPrefix(start), let end = text.lastIndex(of: "'"), end > text.startIndex {
            return .passphrase(key: String(text[..<end].dropFirst(start.count)))
        }
        return .other(text)
    }
}
