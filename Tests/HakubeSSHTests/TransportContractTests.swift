// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeModel
import HakubeRemote
import HakubeTestSupport
import HakubeTransport
import Testing

/// What every transport promises, asked of each client over a real sshd.
@Suite(.serialized, .enabled(if: SSHServer.isAvailable && getuid() == 0, "needs root and sshd"))
struct TransportContractTests {
    @Test(arguments: Client.available, TransportScenario.all)
    func `over SSH`(_ client: Client, _ scenario: TransportScenario) async throws {
        let loopback = try Loopback(client: client)
        let directory = loopback.server.directory.path + "/scratch"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let transport = try await loopback.connect()
        try await scenario.check(transport, directory)
        await transport.close()
    }

    @Test(arguments: TransportScenario.contents)
    func `in memory`(_ scenario: TransportScenario) async throws {
        let host = Host(
            id: HostID("10.0.0.1"), role: .node, sshAddress: "10.0.0.1", address: IPAddress(family: .v4, value: 1))
        try await scenario.check(try await FakeHosts().connect(to: host), "/scratch")
    }

    @Test(arguments: Client.available)
    func `a host that takes no byte is given up after the stall time-out, and nothing runs on`(_ client: Client)
        async throws
    {
        var loopback = try Loopback(client: client)
        loopback.configuration.stallTimeout = .seconds(1)
        let transport = try await loopback.connect()
        let error = await #expect(throws: TransportError.self) {
            _ = try await transport.stream(PatternSource(byteCount: 64 << 20), into: Script("exec sleep 349")) { _ in }
        }
        #expect(error?.code == .lost)
        #expect(error?.message == "the host took no byte for 1 s")
        let search = "grep -lsxa 'sleep.349.' /proc/[0-9]*/cmdline"
        let left = try await transport.run(
            "for try in $(seq 50); do \(search) >/dev/null || exit 0; sleep 0.1; done; \(search)")
        #expect(left == ScriptOutput(status: 0))
        await transport.close()
    }
}
