// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
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
}
