// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeModel
import HakubeOpenSSH
import HakubeSSH
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@testable import HakubeRemote

@Suite struct ClientReasonTests {
    @Test func `a plain host needs no other client`() {
        var facts = ClientReason.Facts()
        facts.keyTypes = ["ssh-ed25519", "ssh-rsa", nil]
        facts.signsRSA = false
        #expect(ClientReason(facts) == nil)
    }

    @Test func `directives that libssh2 does not follow are named`() {
        var facts = ClientReason.Facts()
        facts.directives = ["ProxyJump", "CertificateFile"]
        #expect(ClientReason(facts)?.words == "~/.ssh/config sets ProxyJump, CertificateFile")
    }

    @Test(arguments: [
        (["ssh-rsa"], false, true), (["ssh-rsa"], true, false), (["ssh-rsa", "ssh-ed25519"], false, false),
        ([], false, false),
    ])
    func `RSA keys and nothing else, on a library that signs as servers no longer want it`(
        _ types: [String], _ signsRSA: Bool, _ isReason: Bool
    ) {
        var facts = ClientReason.Facts()
        facts.keyTypes = types
        facts.signsRSA = signsRSA
        #expect((ClientReason(facts) == .limit(.rsaSignatures)) == isReason)
    }

    @Test(arguments: [(true, true, true), (true, false, false), (false, true, false)])
    func `a big push goes where it is cheaper`(_ sendsMuch: Bool, _ isCheaper: Bool, _ isReason: Bool) {
        var facts = ClientReason.Facts()
        facts.sendsMuch = sendsMuch
        facts.isCheaperByProgram = isCheaper
        #expect((ClientReason(facts) == .cost) == isReason)
    }

    @Test func `FIDO keys and certificates`() {
        var facts = ClientReason.Facts()
        facts.keyTypes = ["sk-ssh-ed25519@openssh.com"]
        #expect(ClientReason(facts)?.words == "the key is on a FIDO security key")
        facts.hasCertificate = true
        #expect(ClientReason(facts)?.words.contains("certificate") == true)
    }
}

@Suite(.enabled(if: SSHServer.isAvailable && SSHProgram.onPath() != nil, "needs sshd and ssh"))
struct AutoConnectorTests {
    private final class Choices: Sendable {
        private let made = Mutex<[ClientReason]>([])
        var all: [ClientReason] { made.withLock { $0 } }
        func add(_ reason: ClientReason) { made.withLock { $0.append(reason) } }
    }

    private func connector(_ loopback: Loopback, _ choices: Choices) throws -> AutoConnector {
        let context = SSHContext(loopback.configuration)
        let program = try #require(SSHProgram.onPath())
        return AutoConnector(
            library: SSHConnector(context), program: OpenSSHConnector(program, context), context,
            signsRSA: LibSSH2.signsRSAWithSHA2
        ) { choices.add($1) }
    }

    /// Both clients end the same: with a status, whoever it was.
    private func check(_ loopback: Loopback, _ host: Host? = nil) async throws -> [ClientReason] {
        let choices = Choices()
        let connector = try connector(loopback, choices)
        for _ in 0..<2 {
            let transport = try await connector.connect(to: host ?? loopback.host())
            #expect(try await transport.run("exit 7").status == 7)
            await transport.close()
        }
        return choices.all
    }

    @Test func `a usual server is libssh2's`() async throws {
        #expect(try await check(Loopback()) == [])
    }

    @Test func `a server that allows only gcm, chacha and etm is reached, and why is said once`() async throws {
        let loopback = try Loopback(options: [
            "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com", "MACs hmac-sha2-512-etm@openssh.com",
        ])
        let reasons = try await check(loopback)
        // A newer libssh2 has them, too.
        #expect(reasons == [.limit(.algorithms)] || LibSSH2.signsRSAWithSHA2)
    }

    @Test func `an RSA key is enough, and why is said once`() async throws {
        let loopback = try Loopback()
        let key = loopback.server.directory.path + "/rsa"
        try SSHServer.makeKey(at: key, type: "rsa")
        try loopback.server.authorize(publicKeyAt: key + ".pub")
        let reasons = try await check(loopback, loopback.host(key: key))
        #expect(reasons == [.limit(.rsaSignatures)] || LibSSH2.signsRSAWithSHA2)
    }

    @Test func `nobody is asked for a password where the other client gets in with the key`() async throws {
        var loopback = try Loopback(options: ["PasswordAuthentication yes"])
        loopback.configuration.hasOtherClient = true
        let questions = Questions(answers: ["never"])
        loopback.configuration.password = .ask { questions.answer($0) }
        let key = loopback.server.directory.path + "/rsa"
        try SSHServer.makeKey(at: key, type: "rsa")
        try loopback.server.authorize(publicKeyAt: key + ".pub")
        // With two keys nothing is known beforehand.
        let path = loopback.server.directory.path + "/config"
        try SSHServer.makeKey(at: loopback.server.directory.path + "/stranger")
        try "IdentityFile \(loopback.server.directory.path)/stranger\n".write(
            toFile: path, atomically: true, encoding: .utf8)
        loopback.configuration.configPath = path
        _ = try await check(loopback, loopback.host(key: key))
        #expect(questions.asked.isEmpty)
    }

    @Test func `a ProxyJump of the operator's is followed`() async throws {
        var loopback = try Loopback()
        let bastion = try SSHServer()
        try bastion.authorize(publicKeyAt: loopback.server.userKey + ".pub")
        let path = loopback.server.directory.path + "/config"
        let known = loopback.server.directory.path + "/known"
        let text = """
            Host bastion
                HostName 127.0.0.1
                Port \(bastion.port)
                User \(ProcessInfo.processInfo.userName)
                UserKnownHostsFile \(known)
                StrictHostKeyChecking accept-new
                IdentityFile \(loopback.server.userKey)
            Host 127.0.0.1
                ProxyJump bastion
            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        loopback.configuration.configPath = path
        #expect(try await check(loopback) == [.directives(["ProxyJump"])])
        #expect(bastion.log.contains("Accepted publickey"))
        // The inventory wins.
        let direct = loopback.host(bastions: [])
        #expect(try await check(loopback, direct) == [])
    }

    @Test func `what no client can mend is told as it is`() async throws {
        let loopback = try Loopback()
        let stranger = loopback.server.directory.path + "/stranger"
        try SSHServer.makeKey(at: stranger)
        let choices = Choices()
        let connector = try connector(loopback, choices)
        let error = await #expect(throws: TransportError.self) {
            _ = try await connector.connect(to: loopback.host(key: stranger))
        }
        #expect(error?.code == .authentication)
        #expect(choices.all.isEmpty)
    }
}
