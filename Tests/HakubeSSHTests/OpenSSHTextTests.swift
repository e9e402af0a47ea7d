// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeRemote
import HakubeTransport
import Synchronization
import Testing

@testable import HakubeOpenSSH

/// What ssh says, and what it is told: without any process.
@Suite struct OpenSSHTextTests {
    private static let host = Host(
        id: HostID("10.0.0.9"), role: .node, sshAddress: "10.0.0.9", access: SSHAccess(user: "op", port: 2222),
        address: IPAddress(family: .v4, value: 0x0a00_0009))

    private func context() -> SSHContext {
        var configuration = SSHConfiguration(knownHostsPath: "/nowhere/known_hosts")
        configuration.configPath = nil
        configuration.homePath = "/nowhere"
        return SSHContext(configuration)
    }

    private func failure(_ log: String, recorded: [HostKey] = []) throws -> LoginFailure {
        let context = context()
        return LoginFailure(
            login: try context.login(to: Self.host), log: ClientLog(log), recorded: recorded, context: context)
    }

    @Test(arguments: [
        (
            "ssh: connect to host 10.0.0.9 port 2222: Connection refused", TransportError.Code.unreachable,
            "port 2222 refuses the connection"
        ),
        (
            "ssh: connect to host 10.0.0.9 port 2222: Connection timed out", .unreachable, "no answer within 10 s"
        ),
        (
            "ssh: connect to host 10.0.0.9 port 2222: No route to host", .unreachable, "no connection: No route to host"
        ),
        (
            "ssh: Could not resolve hostname x: Name or service not known", .unreachable,
            "the name 10.0.0.9 has no address (Name or service not known)"
        ),
        (
            "Connection timed out during banner exchange\nConnection to 10.0.0.9 port 2222 timed out", .handshake,
            "port 2222 answers, but no SSH key exchange within 10 s"
        ),
        (
            "Unable to negotiate with 10.0.0.9 port 2222: no matching cipher found. Their offer: aes256-cbc",
            .handshake,
            "no common cipher: the server has aes256-cbc, the system's ssh has none of them"
        ),
        (
            """
            debug1: SSH2_MSG_SERVICE_ACCEPT received
            debug1: Authentications that can continue: publickey,password
            debug1: Offering public key: /a b/key ED25519 SHA256:abc explicit
            debug1: Authentications that can continue: publickey,password
            debug1: Offering public key: op@desk RSA SHA256:def agent
            op@10.0.0.9: Permission denied (publickey,password).
            """, .authentication,
            "the server refused the log-in; it offers publickey, password; tried: key /a b/key, agent key ssh-rsa op@desk"
        ),
        (
            """
            debug1: SSH2_MSG_SERVICE_ACCEPT received
            Received disconnect from 10.0.0.9 port 2222:2: Too many authentication failures
            """, .authentication,
            "the server closed the connection during the log-in (Received disconnect from 10.0.0.9 port 2222:2: Too many "
                + "authentication failures); nothing could be tried"
        ),
        (
            "debug1: Server host key: ssh-ed25519 SHA256:abc\nHost key verification failed.", .unknownHostKey,
            "the host key is not known: ssh-ed25519 SHA256:abc"
        ),
    ])
    func `ssh's words become hakube's`(_ log: String, _ code: TransportError.Code, _ message: String) throws {
        let error = try failure(log).error
        #expect(error.code == code)
        #expect(error.message == message)
        #expect(error.peer == "op@10.0.0.9:2222")
    }

    @Test func `another key than the recorded one is a changed key`() throws {
        let recorded = HostKey(blob: [0, 0, 0, 1, 0x61])
        let error = try failure(
            "debug1: Server host key: ssh-ed25519 SHA256:abc\nNo ED25519 host key is known for [10.0.0.9]:2222",
            recorded: [recorded]
        ).error
        #expect(error.code == .changedHostKey)
        #expect(
            error.message == "the host key has changed: recorded a \(recorded.fingerprint), now ssh-ed25519 SHA256:abc")
    }

    @Test(arguments: [
        ("kex_exchange_identification: read: Connection reset by peer", true),
        ("Connection closed by 10.0.0.9 port 2222", true),
        ("debug1: SSH2_MSG_KEXINIT received\nConnection closed by 10.0.0.9 port 2222", false),
        ("ssh: connect to host 10.0.0.9 port 2222: Connection refused", false),
    ])
    func `a server that drops connections before a key is tried again`(_ log: String, _ mayPass: Bool) throws {
        #expect(try failure(log).mayPass == mayPass)
    }

    @Test func `a server cannot ask for what belongs to another`() throws {
        let asked = Prompts()
        var configuration = SSHConfiguration(knownHostsPath: "/nowhere/known_hosts")
        configuration.configPath = nil
        configuration.homePath = "/nowhere"
        configuration.password = .ask { asked.answer($0) }
        let context = SSHContext(configuration)
        let host = Host(
            id: HostID("10.0.0.10"), role: .node, sshAddress: "10.0.0.10",
            access: SSHAccess(user: "root", bastions: [Bastion(user: "root", address: "10.0.0.1")]),
            address: IPAddress(family: .v4, value: 0x0a00_000a))
        let login = try context.login(to: host)
        let questions = LoginQuestions(login.bastions + [login], context)
        for text in ["root@10.0.0.10's password: ", "(root@10.0.0.10) root@10.0.0.1's password: "] {
            _ = questions.reply(to: AskPass.Question(isNotice: false, text: text))
        }
        #expect(asked.all == Array(repeating: "Password for root@10.0.0.10:22: ", count: 2))
        #expect(questions.passwordTried == [login])
    }

    /// Gives another answer to each question.
    private final class Prompts: Sendable {
        private let prompts = Mutex<[String]>([])
        var all: [String] { prompts.withLock { $0 } }
        func answer(_ prompt: String) -> Secret {
            prompts.withLock { prompts in
                prompts.append(prompt)
                return Secret("answer \(prompts.count)")
            }
        }
    }

    @Test(arguments: [
        ("OpenSSH_9.2p1 Debian-2, OpenSSL 3", true), ("OpenSSH_8.4p1", true), ("OpenSSH_10.0p2", true),
        ("OpenSSH_8.3p1", false), ("OpenSSH_7.6p1", false), ("dropbear 2022", false), ("", false),
    ])
    func `an ssh that is too old is none`(_ text: String, _ isRecent: Bool) {
        #expect(SSHProgram.isRecent(text) == isRecent)
    }

    @Test func `certificates of hosts are not asked for, and recorded types come first`() {
        let config = EffectiveConfig(
            "hostkeyalgorithms ssh-ed25519-cert-v01@openssh.com,ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256\n"
        )
        #expect(
            config.hostKeyAlgorithms(recorded: [])
                == ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"])
        #expect(
            config.hostKeyAlgorithms(recorded: ["ssh-rsa"])
                == ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519", "ecdsa-sha2-nistp256"])
    }

    @Test func `a proxy of the operator's is told apart from the host`() throws {
        var failure = try failure(
            "Host key verification failed.\nkex_exchange_identification: Connection closed by remote host",
            recorded: [HostKey(blob: [0, 0, 0, 1, 0x61])])
        failure.hasProxy = true
        failure.proxyWords = ["Host key verification failed."]
        #expect(!failure.mayPass)
        #expect(failure.error.code == .unreachable)
        #expect(failure.error.message.contains("the proxy of ~/.ssh/config opens no way to it: Host key"))
    }

    @Test func `nothing secret is sent a second time by itself`() throws {
        var failure = try failure("Connection closed by 10.0.0.9 port 2222")
        #expect(failure.mayPass)
        failure.isFinal = true
        #expect(!failure.mayPass)
    }

    @Test func `GCM comes first where AES is cheap, and nothing is added`() {
        let config = EffectiveConfig("user op\nhostname h\nport 23\nciphers a,aes256-gcm@openssh.com,b\nuser other\n")
        #expect(config.user == "op" && config.address == "h" && config.port == 23)
        #expect(config.ciphers(hasAES: true) == ["aes256-gcm@openssh.com", "a", "b"])
        #expect(config.ciphers(hasAES: false) == [])
        #expect(EffectiveConfig("ciphers a,b\n").ciphers(hasAES: true) == [])
    }

    @Test func `a chain of bastions nests, each with its own files, and every % is doubled once a level`() throws {
        let context = context()
        let host = Host(
            id: HostID("h"), role: .node, sshAddress: "h",
            access: SSHAccess(bastions: [Bastion(user: "a", address: "one", port: 23), Bastion(address: "two")]),
            address: IPAddress(family: .v4, value: 1))
        let arguments = ClientArguments(
            program: "/p%/ssh", host: host, login: try context.login(to: host), configuration: context.configuration,
            log: { "/log.\($0)" }, knownHosts: { "/known.\($0)" })
        let words = arguments.master(socket: "/s", ciphers: [])
        let proxies = words.filter { $0.hasPrefix("ProxyCommand=") }
        #expect(proxies.count == 1)
        let proxy = try #require(proxies.first)
        #expect(proxy.hasPrefix("ProxyCommand=/p%%/ssh -W h:22 "))
        #expect(proxy.contains("/p%%%%/ssh -W two:22"))
        #expect(proxy.contains("/log.1") && proxy.contains("/log.0") && !proxy.contains("/log.2"))
        #expect(words.contains("/log.2"))
        #expect(words.suffix(2) == ["--", "h"])
    }

    @Test func `questions go to whom they are for`() throws {
        var configuration = SSHConfiguration(knownHostsPath: "/nowhere/known_hosts")
        configuration.configPath = nil
        configuration.homePath = "/nowhere"
        configuration.password = .value(Secret("pw"))
        let context = SSHContext(configuration)
        let login = try context.login(to: Self.host)
        func ask(_ questions: LoginQuestions, _ text: String) -> LoginQuestions.Reply {
            questions.reply(to: AskPass.Question(isNotice: false, text: text))
        }
        let questions = LoginQuestions([login], context)
        #expect(ask(questions, "op@[10.0.0.9]:2222's password: ") == .answer(Secret("pw")))
        #expect(questions.passwordTried == [login])
        #expect(ask(questions, "op@[10.0.0.9]:2222's password: ") == .giveUp, "it was wrong, and there is no other")
        #expect(ask(LoginQuestions([login], context), "(op@[10.0.0.9]:2222) Password: ") == .answer(Secret("pw")))
        #expect(ask(questions, "Enter passphrase for key '/k': ") == .none)
        #expect(questions.notes == ["the key /k needs a passphrase and none that fits was given"])
        #expect(questions.hasAnswered)
        #expect(ask(questions, "Are you sure you want to continue connecting (yes/no/[fingerprint])? ") == .none)
    }
}
