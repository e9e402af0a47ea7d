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

@Suite(.serialized, .enabled(if: SSHServer.isAvailable && getuid() == 0, "needs root and sshd"))
struct BastionTests {
    /// Host keys reported as new.
    private final class Seen: Sendable {
        let keys = Mutex<[NewHostKey]>([])
        var names: [String] { keys.withLock { $0.map(\.name) } }
    }

    /// A host, and servers to go through; all take the same key.
    private struct Scene {
        var target: Loopback
        let bastions: [SSHServer]

        init(_ client: Client, bastions: Int = 1, options: [String] = []) throws {
            target = try Loopback(client: client)
            let key = target.server.userKey + ".pub"
            self.bastions = try (0..<bastions).map { _ in
                let server = try SSHServer(options: options)
                try server.authorize(publicKeyAt: key)
                return server
            }
        }

        var way: [Bastion] {
            bastions.map { Bastion(user: ProcessInfo.processInfo.userName, address: "127.0.0.1", port: $0.port) }
        }

        func connect() async throws -> any Transport {
            try await target.connector.connect(to: target.host(bastions: way))
        }
    }

    @Test(arguments: Client.available, [1, 2])
    func `a host is reached through bastions, and the keys of all are recorded`(_ client: Client, _ count: Int)
        async throws
    {
        var scene = try Scene(client, bastions: count)
        let seen = Seen()
        scene.target.configuration.onNewHostKey = { key in seen.keys.withLock { $0.append(key) } }
        let transport = try await scene.connect()
        let output = try await transport.run("echo $SSH_CONNECTION")
        #expect(output.out.hasSuffix(" \(scene.target.server.port)\n"))
        let ports = scene.bastions.map(\.port) + [scene.target.server.port]
        #expect(seen.names == ports.map { "[127.0.0.1]:\($0)" })
        for bastion in scene.bastions { #expect(bastion.log.contains("Accepted publickey")) }
        await transport.close()
        // Known from now on, also where no new key may be taken.
        scene.target.configuration.strictHostKeys = true
        await (try scene.connect()).close()
        #expect(seen.names.count == ports.count)
    }

    @Test(arguments: Client.available, TransportScenario.all)
    func `every scenario passes through a bastion`(_ client: Client, _ scenario: TransportScenario) async throws {
        let scene = try Scene(client)
        let directory = scene.target.server.directory.path + "/scratch"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let transport = try await scene.connect()
        try await scenario.check(transport, directory)
        await transport.close()
    }

    @Test(arguments: Client.available)
    func `a bastion that refuses the log-in is named`(_ client: Client) async throws {
        let scene = try Scene(client)
        let stranger = scene.target.server.directory.path + "/stranger"
        try SSHServer.makeKey(at: stranger)
        let error = try await scene.target.refusal(scene.target.host(key: stranger, bastions: scene.way))
        #expect(error.code == .authentication)
        #expect(
            error.message.contains(
                "the bastion \(scene.way[0].user ?? "")@127.0.0.1:\(scene.bastions[0].port) on the way: "))
        #expect(error.message.contains("tried: key \(stranger)"))
        #expect(error.peer.hasSuffix(":\(scene.target.server.port)"))
    }

    @Test(arguments: Client.available)
    func `a bastion that does not answer is named`(_ client: Client) async throws {
        let target = try Loopback(client: client)
        let port = try SSHServer.freePort()
        let error = try await target.refusal(target.host(bastions: [Bastion(address: "127.0.0.1", port: port)]))
        #expect(error.code == .unreachable)
        #expect(error.message.contains("127.0.0.1:\(port) on the way: port \(port) refuses the connection"))
    }

    @Test(arguments: Client.available)
    func `a host that its bastion cannot reach is told apart from the bastion`(_ client: Client) async throws {
        let scene = try Scene(client)
        let port = try SSHServer.freePort()
        let error = try await scene.target.refusal(scene.target.host(port: port, bastions: scene.way))
        #expect(error.code == .unreachable)
        #expect(error.message.contains(":\(scene.bastions[0].port) opens no connection to it"), "\(error.message)")
    }

    @Test(arguments: Client.available)
    func `a bastion whose key has changed is not passed`(_ client: Client) async throws {
        let scene = try Scene(client)
        let path = scene.target.configuration.knownHostsPath
        let folder = scene.target.server.directory.path + "/client"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let other = try String(
            contentsOfFile: scene.target.server.directory.path + "/host_ed25519.pub", encoding: .utf8)
        let fields = other.split(separator: " ")
        let record = "[127.0.0.1]:\(scene.bastions[0].port) \(fields[0]) \(fields[1])\n"
        try record.write(toFile: path, atomically: true, encoding: .utf8)
        let error = try await scene.target.refusal(scene.target.host(bastions: scene.way))
        #expect(error.code == .changedHostKey)
        #expect(error.message.contains("the bastion"))
        #expect(!scene.bastions[0].log.contains("Accepted"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == record)
    }

    @Test(arguments: Client.available)
    func `a bastion that dies loses the connection behind it`(_ client: Client) async throws {
        let scene = try Scene(client)
        let transport = try await scene.connect()
        let start = ContinuousClock.now
        let error = await #expect(throws: TransportError.self) {
            _ = try await transport.run(
                """
                # Whoever holds the bastion's end of the connection to it.
                kill -KILL $(ss -tnpH 'sport = :\(scene.bastions[0].port)' | grep -o 'pid=[0-9]*' | sed s/pid=// | sort -u)
                sleep 30
                """)
        }
        #expect(error?.code == .lost)
        #expect(start.duration(to: .now) < .seconds(20))
    }
}
