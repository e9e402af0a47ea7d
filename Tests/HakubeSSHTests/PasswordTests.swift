// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeModel
import HakubeRemote
import HakubeTestSupport
import HakubeTransport
import Testing

@Suite(.enabled(if: SSHServer.isAvailable && Account.canBeMade, "needs root, sshd, useradd and chpasswd"))
struct PasswordTests {
    private let account = Result { try Account() }
    private static let passwords = ["PasswordAuthentication yes"]

    /// sudo refuses these accounts, so a good log-in ends at the next border.
    private func logIn(_ client: Client, _ source: SecretSource, options: [String] = passwords) async throws
        -> TransportError?
    {
        let account = try account.get()
        var loopback = try Loopback(client: client, options: options)
        loopback.configuration.password = source
        do {
            await (try loopback.connector.connect(to: loopback.keylessHost(user: account.name)))
                .close()
            return nil
        } catch let error as TransportError {
            return error.code == .privilege ? nil : error
        }
    }

    @Test(arguments: Client.available)
    func `the right password logs in`(_ client: Client) async throws {
        #expect(try await logIn(client, .value(Secret(account.get().password))) == nil)
    }

    @Test(arguments: Client.available)
    func `a typed password may be corrected`(_ client: Client) async throws {
        let questions = Questions(answers: ["wrong", try account.get().password])
        #expect(try await logIn(client, .ask { questions.answer($0) }) == nil)
        #expect(questions.asked.count == 2)
    }

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: "/etc/pam.d/sshd"), "sshd has no PAM configuration"),
        arguments: Client.available)
    func `a server that asks questions instead gets the password as the answer`(_ client: Client) async throws {
        let options = ["UsePAM yes", "KbdInteractiveAuthentication yes"]
        #expect(try await logIn(client, .value(Secret(account.get().password)), options: options) == nil)
        let error = try #require(try await logIn(client, .value(Secret("not-the-password")), options: options))
        #expect(error.code == .authentication)
        #expect(error.message.contains("it offers publickey, keyboard-interactive"))
    }

    @Test(arguments: Client.available)
    func `a wrong password is said to be wrong and never shown`(_ client: Client) async throws {
        let error = try #require(try await logIn(client, .value(Secret("not-the-password"))))
        #expect(error.code == .authentication)
        #expect(error.message.contains("the server refused the log-in"))
        #expect(error.message.contains("it offers publickey, password"))
        #expect(error.message.contains("tried: password"))
        #expect(!"\(error)".contains("not-the-password"))
        #expect(error.peer == "\(try account.get().name)@127.0.0.1:" + (error.peer.split(separator: ":").last ?? ""))
    }

    @Test(arguments: Client.available)
    func `without a password the server's offer is named`(_ client: Client) async throws {
        let error = try #require(try await logIn(client, .none))
        #expect(error.message.contains("it offers publickey, password"))
        #expect(error.message.contains("nothing could be tried"))
    }

    @Test(arguments: Client.available)
    func `a greeting says nothing about why a log-in failed`(_ client: Client) async throws {
        let folder = try ScratchFolder()
        try folder.write("disconnect now\nHost key verification failed. Connection closed by us.\n", to: "banner")
        let options = ["Banner \(folder.place("banner"))"] + PasswordTests.passwords
        let error = try #require(try await logIn(client, .value(Secret("not-the-password")), options: options))
        #expect(error.code == .authentication)
        #expect(error.message.hasPrefix("the server refused the log-in"))
    }

    @Test(arguments: Client.available)
    func `a login that is not root on a host without sudo is told so`(_ client: Client) async throws {
        let account = try account.get()
        var loopback = try Loopback(client: client, options: PasswordTests.passwords, hidden: Sudo.program)
        loopback.configuration.password = .value(Secret(account.password))
        let error = try await loopback.refusal(loopback.keylessHost(user: account.name))
        #expect(error.code == .privilege)
        #expect(error.message == "\(account.name) is not root, and the host has no sudo")
    }
}

@Suite(.enabled(if: SSHServer.isAvailable && Account.canBeMade && Sudo.isInstalled, "needs root, sshd and sudo"))
struct SudoTests {
    private let account = Result { try Account() }

    private func loopback(_ client: Client, rule: String?, password: String? = nil) throws -> (Loopback, Host) {
        let account = try account.get()
        if let rule { try account.allowSudo(rule) }
        var loopback = try Loopback(client: client)
        loopback.configuration.password = password.map { .value(Secret($0)) } ?? .none
        return (loopback, loopback.host(user: account.name))
    }

    private func checkScenarios(_ loopback: Loopback, _ host: Host) async throws {
        let transport = try await loopback.connector.connect(to: host)
        for (index, scenario) in TransportScenario.all.enumerated() {
            let directory = loopback.server.directory.path + "/scratch\(index)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            do {
                try await scenario.check(transport, directory)
            } catch {
                Issue.record("\(scenario): \(error)")
            }
        }
        let plain = try await transport.run(Script("id -un", asRoot: false)) { _ in }
        #expect(plain.out == "\(try account.get().name)\n")
        await transport.close()
    }

    @Test(arguments: Client.available)
    func `every scenario passes through sudo without a password`(_ client: Client) async throws {
        let (loopback, host) = try loopback(client, rule: "NOPASSWD: ALL")
        try await checkScenarios(loopback, host)
    }

    @Test(arguments: Client.available)
    func `every scenario passes through sudo with a password`(_ client: Client) async throws {
        let (loopback, host) = try loopback(client, rule: "ALL", password: account.get().password)
        try await checkScenarios(loopback, host)
    }

    @Test(arguments: Client.available)
    func `a wrong sudo password is said to be wrong`(_ client: Client) async throws {
        let (loopback, host) = try loopback(client, rule: "ALL", password: "not-the-password")
        let error = try await loopback.refusal(host)
        #expect(error.code == .privilege)
        #expect(error.message == "sudo refuses the password of \(try account.get().name)")
    }

    @Test(arguments: Client.available)
    func `a missing sudo password is asked for`(_ client: Client) async throws {
        let (loopback, host) = try loopback(client, rule: "ALL")
        let error = try await loopback.refusal(host)
        #expect(error.code == .privilege)
        #expect(error.message.contains("sudo wants a password"))
    }

    @Test(arguments: Client.available)
    func `an account that is not in sudoers is told so in sudo's words`(_ client: Client) async throws {
        let (loopback, host) = try loopback(client, rule: nil, password: account.get().password)
        let error = try await loopback.refusal(host)
        #expect(error.code == .privilege)
        #expect(error.message.contains("sudoers"), "\(error.message)")
    }
}
