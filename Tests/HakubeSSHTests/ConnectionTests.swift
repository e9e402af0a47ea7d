// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubeRemote
import HakubeTestSupport
import HakubeTransport
import Testing

@Suite(.enabled(if: SSHServer.isAvailable, "sshd or ssh-keygen is not installed"))
struct ConnectionTests {
    @Test(arguments: Client.available)
    func `a refused port says where nothing listens`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let port = try SSHServer.freePort()
        let error = try await loopback.refusal(loopback.host(port: port))
        #expect(error.code == .unreachable)
        #expect(error.message == "port \(port) refuses the connection")
        #expect(error.peer.hasSuffix("@127.0.0.1:\(port)"))
    }

    @Test(arguments: Client.available)
    func `a name without an address is told`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let host = Host(
            id: HostID("nowhere"), role: .node, sshAddress: "nowhere.invalid",
            address: IPAddress(family: .v4, value: 0x7f00_0001))
        let error = try await loopback.refusal(host)
        #expect(error.code == .unreachable)
        #expect(error.message.contains("nowhere.invalid has no address"))
    }

    @Test(arguments: Client.available)
    func `a port that takes connections and says nothing ends at the deadline`(_ client: Client) async throws {
        var loopback = try Loopback(client: client)
        let silent = try SilentPort()
        loopback.configuration.connectTimeout = .milliseconds(300)
        let error = try await loopback.refusal(loopback.host(port: silent.port))
        #expect(error.code == .handshake)
        #expect(error.message.contains("no SSH key exchange within 300 ms"))
    }

    @Test(arguments: Client.available)
    func `a cancelled connection attempt ends at once`(_ client: Client) async throws {
        var loopback = try Loopback(client: client)
        loopback.configuration.connectTimeout = .seconds(300)
        let silent = try SilentPort()
        let host = loopback.host(port: silent.port)
        let connector = loopback.connector
        let task = Task { _ = try await connector.connect(to: host) }
        silent.awaitConnection()
        task.cancel()
        let clock = ContinuousClock()
        let took = await clock.measure { _ = await task.result }
        // Without the cancellation it would be the whole connect time-out.
        #expect(took < .seconds(120))
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `no common algorithm names both lists`() async throws {
        let loopback = try Loopback(options: ["Ciphers aes256-cbc", "MACs hmac-sha2-512-etm@openssh.com"])
        let error = try await loopback.refusal()
        #expect(error.code == .handshake)
        #expect(error.message.contains("no common cipher: the server has aes256-cbc, libssh2 "))
        #expect(error.message.contains(" has aes128-ctr"))
    }

    @Test func `more hosts than the server lets in at once are all connected`() async throws {
        // sshd drops every second connection while one is not logged in yet.
        let loopback = try Loopback(options: ["MaxStartups 2:50:20"])
        let connector = loopback.connector
        let host = loopback.host()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<12 {
                group.addTask {
                    let transport = try await connector.connect(to: host)
                    let status = try await transport.run("exit \(number)").status
                    await transport.close()
                    return status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.sorted() == Array(0..<12))
    }

    @Test(arguments: Client.available)
    func `sessions work side by side`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let connector = loopback.connector
        let host = loopback.host()
        let clock = ContinuousClock()
        var transports: [any Transport] = []
        for _ in 0..<6 { transports.append(try await connector.connect(to: host)) }
        let opened = transports
        let took = try await clock.measure {
            try await withThrowingTaskGroup(of: ScriptOutput.self) { group in
                for transport in opened {
                    group.addTask { try await transport.run("sleep 1; head -c 300000 /dev/zero; echo end >&2; exit 3") }
                }
                for try await output in group {
                    #expect(output.status == 3 && output.out.utf8.count == 300_000 && output.err == "end\n")
                }
            }
        }
        // One after another would be six seconds.
        #expect(took < .seconds(5))
        for transport in opened { await transport.close() }
    }

    @Test(arguments: Client.available)
    func `commands on one session take turns`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let transport = try await loopback.connect()
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<8 { group.addTask { try await transport.run("echo \(number)").out } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs.sorted() == (0..<8).map { "\($0)\n" })
        await transport.close()
        await #expect(throws: TransportError.self) { _ = try await transport.run("true") }
    }

    @Test(arguments: Client.available)
    func `a connection that breaks under a script is lost, not a result`(_ client: Client) async throws {
        let loopback = try Loopback(client: client)
        let transport = try await loopback.connect()
        // The server's process for this session is the first sshd above the script's shell.
        let error = await #expect(throws: TransportError.self) {
            _ = try await transport.run(
                """
                echo begun
                process=$$
                until grep -q '^sshd' /proc/$process/comm; do process=$(awk '{ print $4 }' /proc/$process/stat); done
                kill -KILL $process
                sleep 30
                """)
        }
        #expect(error?.code == .lost)
        let after = await #expect(throws: TransportError.self) { _ = try await transport.run("true") }
        #expect(after?.code == .lost)
    }

    @Test func `an idle connection answers the server's questions`() async throws {
        var loopback = try Loopback(options: ["ClientAliveInterval 1", "ClientAliveCountMax 2"])
        loopback.configuration.keepaliveInterval = .seconds(1)
        let idle = try await loopback.connect()
        let other = try await loopback.connect()
        // Five seconds on the other session: without answers the server would have ended the idle one after three.
        #expect(try await other.run("sleep 5").status == 0)
        #expect(try await idle.run("echo still here").out == "still here\n")
        for transport in [idle, other] { await transport.close() }
    }
}
