// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

extension RemoteSession {
    private enum Answer: Int {
        case root = 10
        case passwordless, noSudo, wantsPassword
    }

    /// Asks the host once how this login becomes root, and proves it. The account `root` is root: one round trip less.
    /// - Throws: `TransportError` (.privilege) when it cannot.
    func findPrivilege(_ wakeup: Wakeup) throws {
        guard login.user != "root" else { return }
        let question = """
            [ "$(id -u)" != 0 ] || exit \(Answer.root.rawValue)
            command -v sudo >/dev/null 2>&1 || exit \(Answer.noSudo.rawValue)
            ! sudo -k -n -- env true || exit \(Answer.passwordless.rawValue)
            exit \(Answer.wantsPassword.rawValue)
            """
        let output = try perform(RemoteJob(Script(question, timeout: .seconds(30), asRoot: false)), wakeup)
        switch Answer(rawValue: output.status) {
        case .root:
            privilege = .direct
        case .passwordless:
            privilege = .sudo
        case .noSudo:
            throw unprivileged(
                "\(login.user) is not root, and the host has no sudo", "log in as root (--user root), or install sudo")
        case .wantsPassword:
            let said = output.errorText.trimmingSpaces
            guard let password = sudoPassword() else {
                throw unprivileged(
                    "sudo wants a password for \(login.user), and none was given (\(said))",
                    "give it with --password-file, or allow sudo without a password for this login")
            }
            privilege = .sudoWithPassword(password)
            let proof = try perform(RemoteJob(Script(":", timeout: .seconds(30))), wakeup)
            guard proof.status == 0 else { throw unprivileged("sudo failed: \(proof.errorText)", "check sudoers(5)") }
        case nil:
            throw unprivileged(
                "the host does not say who logged in: \(output.errorText.trimmingSpaces)", "check the login's shell")
        }
    }

    private func sudoPassword() -> Secret? {
        if let source = configuration.sudoPassword {
            return context.vault.secret("sudo", from: source, prompt: "Password of \(peer) for sudo: ")
        }
        return context.vault.secret("password", from: configuration.password, prompt: "Password of \(peer) for sudo: ")
    }

    func unprivileged(_ message: String, _ remedy: String) -> TransportError {
        TransportError(.privilege, peer: peer, message: message, remedy: remedy)
    }

    /// The error for a command whose script never began.
    func notStarted(_ privilege: Privilege, wrongPassword: Bool, words: String) -> TransportError {
        let words = words.trimmingSpaces
        switch privilege {
        case .direct:
            return unprivileged(
                "the login shell of \(login.user) does not run commands: \(words.isEmpty ? "no output" : words)",
                "give the account a shell such as /bin/sh, without a forced command")
        case .sudo, .sudoWithPassword:
            if wrongPassword {
                return unprivileged(
                    "sudo refuses the password of \(login.user)",
                    "give the right one; hakube uses the SSH password for sudo unless told otherwise")
            }
            return unprivileged(
                "sudo refuses \(login.user): \(words.isEmpty ? "no output" : words)",
                "allow this login to run commands as root in sudoers(5), or log in as root")
        }
    }
}

extension String {
    /// Without blanks at either end, lines joined by slashes.
    package var trimmingSpaces: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
            .split(whereSeparator: \.isNewline).joined(separator: " / ")
    }
}
