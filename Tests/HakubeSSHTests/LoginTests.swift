// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeModel
import HakubeRemote
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

@Suite(.enabled(if: SSHServer.isAvailable, "sshd or ssh-keygen is not installed"))
struct LoginTests {
    @Test(arguments: Client.available, ["ed25519", "ecdsa"])
    func `a key with a passphrase asks once for all hosts`(_ client: Client, _ type: String) async throws {
        var loopback = try Loopback(client: client)
        let key = loopback.server.directory.path + "/locked"
        try SSHServer.makeKey(at: key, type: type, passphrase: "open sesame")
        try loopback.server.authorize(publicKeyAt: key + ".pub")
        let questions = Questions(answers: ["wrong", "open sesame"])
        loopback.configuration.passphrase = .ask { questions.answer($0) }
        let connector = loopback.connector
        let host = loopback.host(key: key)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await (try connector.connect(to: host)).close() } }
            try await group.waitForAll()
        }
        #expect(questions.asked == Array(repeating: "Passphrase for the key \(key): ", count: 2))
    }

    @Test(arguments: Client.available)
    func `a key whose passphrase nobody knows is named`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let key = loopback.server.directory.path + "/locked"
        try SSHServer.makeKey(at: key, passphrase: "open sesame")
        // ssh wants a passphrase only for a key that the server takes.
        try loopback.server.authorize(publicKeyAt: key + ".pub")
        let error = try await loopback.refusal(loopback.host(key: key))
        #expect(error.code == .authentication)
        #expect(error.message.contains("\(key) needs a passphrase"))
    }

    @Test(arguments: Client.available)
    func `a key file that is not there is named before anything is connected`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let error = try await loopback.refusal(loopback.host(key: "~/absent"))
        #expect(error.code == .authentication)
        #expect(error.message.contains("\(loopback.configuration.homePath)/absent"))
        #expect(error.peer.hasSuffix("@127.0.0.1:\(loopback.server.port)"))
    }

    @Test(arguments: Client.available)
    func `a key the server does not know: offered and tried methods are named`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let key = loopback.server.directory.path + "/stranger"
        try SSHServer.makeKey(at: key)
        let error = try await loopback.refusal(loopback.host(key: key))
        #expect(error.code == .authentication)
        #expect(error.message.contains("it offers publickey"))
        #expect(error.message.contains("tried: key \(key)"))
    }

    @Test func `an RSA key says what is wrong with it`() async throws {
        let loopback = try Loopback()
        let key = loopback.server.directory.path + "/rsa"
        try SSHServer.makeKey(at: key, type: "rsa")
        try loopback.server.authorize(publicKeyAt: key + ".pub")
        do {
            await (try loopback.connector.connect(to: loopback.host(key: key))).close()
        } catch let error as TransportError {
            #expect(error.code == .authentication)
            #expect(error.remedy.contains("ssh-rsa") && error.remedy.contains("an ed25519 key works"))
        }
    }

    @Test func `default keys of the home directory are found`() async throws {
        let loopback = try Loopback()
        let folder = loopback.configuration.homePath + "/.ssh"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: nil)
        try FileManager.default.copyItem(atPath: loopback.server.userKey, toPath: folder + "/id_ecdsa")
        await (try loopback.connector.connect(to: loopback.keylessHost())).close()
    }

    @Test(arguments: Client.available)
    func `the config file gives port, user and key, the inventory wins`(_ client: Client) async throws {
        var loopback = try Loopback(client: client)
        let path = loopback.server.directory.path + "/config"
        let text = """
            Host master*
                HostName 127.0.0.1
                Port \(loopback.server.port)
                IdentityFile \(loopback.server.userKey)
            Host *
                User nobody
            """
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        loopback.configuration.configPath = path
        let host = Host(
            id: HostID("master1"), role: .master, sshAddress: "master1",
            access: SSHAccess(user: ProcessInfo.processInfo.userName),
            address: IPAddress(family: .v4, value: 0x7f00_0001))
        await (try loopback.connector.connect(to: host)).close()
    }

    @Test(arguments: Client.available)
    func `a key in an agent is enough`(_ client: Client) async throws {
        var loopback = try Loopback(client: client)
        let socket = loopback.server.directory.path + "/agent"
        let agent = try LocalProgram.start(["/usr/bin/ssh-agent", "-D", "-a", socket])
        defer { LocalProgram.end(agent) }
        try LocalProgram.awaitFile(socket)
        // A stranger's key comes first.
        let other = loopback.server.directory.path + "/other"
        try SSHServer.makeKey(at: other)
        for key in [other, loopback.server.userKey] {
            try LocalProgram.run(["/usr/bin/ssh-add", "-q", key], environment: ["SSH_AUTH_SOCK": socket])
        }
        loopback.configuration.agentSocket = socket
        await (try loopback.connector.connect(to: loopback.keylessHost())).close()

        try LocalProgram.run(
            ["/usr/bin/ssh-add", "-q", "-d", loopback.server.userKey + ".pub"], environment: ["SSH_AUTH_SOCK": socket])
        let error = try await loopback.refusal(loopback.keylessHost())
        #expect(error.message.contains("tried: agent key ssh-ed25519 test"))
    }
}

/// Answers questions in order, and keeps what was asked.
final class Questions: Sendable {
    private struct State {
        var answers: [String]
        var asked: [String] = []
    }
    private let state: Mutex<State>

    init(answers: [String]) { state = Mutex(State(answers: answers)) }

    var asked: [String] { state.withLock { $0.asked } }

    func answer(_ prompt: String) -> Secret? {
        state.withLock { state in
            state.asked.append(prompt)
            return state.answers.isEmpty ? nil : Secret(state.answers.removeFirst())
        }
    }
}
