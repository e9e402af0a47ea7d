// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import Glibc
import HakubeModel
import HakubeRemote
import HakubeTransport

extension Authenticator {
    /// Password, or keyboard-interactive where the server has only that.
    func offerPassword() throws -> Bool {
        let method: (Secret) throws -> Int
        if offered.contains("password") {
            method = sendPassword
        } else if offered.contains("keyboard-interactive") {
            method = answerQuestions
        } else {
            return false
        }
        var password: Secret?
        // A fixed password does not get better by repetition; one that was typed may.
        for _ in 0..<3 {
            password = vault.secret(
                login.passwordTopic, from: configuration.password, prompt: "Password for \(login.peer): ",
                rejected: password)
            guard let password else { return false }
            let status = try method(password)
            guard status != 0 else { return true }
            let failure = session.failed(status)
            if failure.isDisconnect { throw failure }
            if failure.code == LIBSSH2_ERROR_PASSWORD_EXPIRED { notes.append("the password has expired") }
            if !tried.contains("password") { tried.append("password") }
        }
        return false
    }

    private func sendPassword(_ password: Secret) throws -> Int {
        try session.attempt(until: deadline, wakeup) {
            Int(
                libssh2_userauth_password_ex(
                    session.handle, login.user, UInt32(login.user.utf8.count), password.exposed,
                    UInt32(password.exposed.utf8.count), nil))
        }
    }

    private func answerQuestions(_ password: Secret) throws -> Int {
        // libssh2 hands the callback only the session's abstract pointer; it carries the password for the time of the call.
        guard let copy = strdup(password.exposed), let abstract = libssh2_session_abstract(session.handle) else {
            return Int(LIBSSH2_ERROR_ALLOC)
        }
        abstract.pointee = UnsafeMutableRawPointer(copy)
        defer {
            abstract.pointee = nil
            memset(copy, 0, strlen(copy))
            free(copy)
        }
        return try session.attempt(until: deadline, wakeup) {
            Int(
                libssh2_userauth_keyboard_interactive_ex(
                    session.handle, login.user, UInt32(login.user.utf8.count)
                ) { _, _, _, _, count, _, responses, abstract in
                    // One hidden question is a password prompt; anything more is a second factor that hakube cannot answer.
                    guard count == 1, let responses, let password = abstract?.pointee else { return }
                    let text = strdup(password.assumingMemoryBound(to: CChar.self))
                    responses[0].text = text
                    responses[0].length = UInt32(text.map { strlen($0) } ?? 0)
                })
        }
    }

    /// The sentence for a log-in that did not work.
    func refused(_ start: String) -> TransportError {
        var refusal = LoginRefusal(login: login)
        refusal.offered = offered
        refusal.tried = tried
        refusal.notes = notes
        guard triedRSA && !LibSSH2.signsRSAWithSHA2 else { return refusal.error(start, lacking: unusableKey) }
        return refusal.error(
            start,
            remedy:
                "libssh2 \(LibSSH2.version) signs with RSA keys by SHA-1 only (ssh-rsa), which OpenSSH 8.8 and later "
                + "refuses; an ed25519 key works (ssh-keygen -t ed25519), and so does --transport openssh",
            lacking: .rsaSignatures)
    }
}
