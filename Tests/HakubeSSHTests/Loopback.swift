// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeRemote
import HakubeSSH
import HakubeTestSupport
import HakubeTransport
import Testing

/// A server and the client's files beside it.
struct Loopback {
    let server: SSHServer
    var configuration: SSHConfiguration
    let client: Client

    init(
        client: Client = .libssh2, hostKeys: [String] = ["ed25519"], options: [String] = [], hidden: String? = nil
    ) throws {
        self.client = client
        server = try SSHServer(hostKeys: hostKeys, options: options, hidden: hidden)
        configuration = SSHConfiguration(knownHostsPath: server.directory.path + "/client/known_hosts")
        configuration.homePath = server.directory.path + "/home"
        configuration.configPath = nil
        configuration.agentSocket = nil
    }

    /// The server as an inventory would name it; the key is the one it accepts.
    func host(
        user: String? = ProcessInfo.processInfo.userName, key: String? = nil, port: Int? = nil,
        bastions: [Bastion]? = nil
    ) -> Host {
        Host(
            id: HostID("127.0.0.1"), role: .master, sshAddress: "127.0.0.1",
            access: SSHAccess(
                user: user, port: port ?? server.port, keyPath: key ?? server.userKey,
                bastions: bastions),
            address: IPAddress(family: .v4, value: 0x7f00_0001))
    }

    /// The same host without any key.
    func keylessHost(user: String? = ProcessInfo.processInfo.userName) -> Host {
        Host(
            id: HostID("127.0.0.1"), role: .master, sshAddress: "127.0.0.1",
            access: SSHAccess(user: user, port: server.port), address: IPAddress(family: .v4, value: 0x7f00_0001))
    }

    /// Shares nothing with the connector of another call.
    var connector: any Connector { client.connector(configuration) }

    func connect() async throws -> any Transport { try await connector.connect(to: host()) }

    /// The error a connection attempt ends with.
    func refusal(_ host: Host? = nil) async throws -> TransportError {
        let target = host ?? self.host()
        let connector = connector
        let error = await #expect(throws: TransportError.self) { _ = try await connector.connect(to: target) }
        return try #require(error)
    }
}
