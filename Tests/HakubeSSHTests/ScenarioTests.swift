// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeTestSupport
import HakubeTransport
import Testing

@Suite(.enabled(if: SSHServer.isAvailable && getuid() == 0, "needs root and sshd"))
struct ScenarioTests {
    @Test(arguments: TransportScenario.all)
    func `over SSH`(_ scenario: TransportScenario) async throws {
        let loopback = try Loopback()
        let directory = loopback.server.directory.path + "/scratch"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let transport = try await loopback.connect()
        try await scenario.check(transport, directory)
        await transport.close()
    }
}
