// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport
import Testing

@testable import HakubeCLI

/// What status says of an address that moves between masters.
struct StatusEndpointTests {
    private var fixture: StatusFixture
    private let programs = ["haproxy", "keepalived"]

    init() throws {
        let address = FloatingAddress(address: try #require(IPAddress("10.0.0.100")))
        fixture = try StatusFixture(
            endpoint: Endpoint(port: 8443, serverPort: 6443, strategy: .haproxyKeepalived(address)))
        for host in fixture.spec.masters { say(host.id, programs.map { ("front", $0) }) }
        say(HostID("10.0.0.2"), [("vip", "yes")])
    }

    private mutating func say(_ host: HostID, _ pairs: [(String, String)]) {
        fixture.said[host]?.insert(contentsOf: pairs, at: 0)
    }

    /// The sample certificate knows nothing of the address, and that is told elsewhere.
    private func found(_ change: (inout StatusFixture) -> Void = { _ in }) -> [String] {
        var changed = fixture
        change(&changed)
        return changed.sentences.filter { !$0.contains("certificate lacks") }
    }

    @Test func `one master has it and all run their part`() { #expect(found().isEmpty) }

    @Test func `a program that does not run on a master is told, though the others hold the address`() {
        let sentences = found { $0.said[HostID("10.0.0.3")]?.removeAll { $0 == ("front", "keepalived") } }
        #expect(sentences == ["fault 10.0.0.3: keepalived does not run on it"])
    }

    @Test func `an address that nobody has is told, also while a master is silent`() {
        let bare = found { $0.said[HostID("10.0.0.2")]?.removeAll { $0.0 == "vip" } }
        #expect(bare == ["fault : no master has the address 10.0.0.100"])
        let silent = found {
            $0.silent[HostID("10.0.0.2")] = TransportError(
                .unreachable, peer: "root@10.0.0.2:22", message: "no answer", remedy: "start it")
        }
        #expect(silent.contains("fault : none of the masters that answer has the address 10.0.0.100"))
    }

    @Test func `an address that two have is told`() {
        let sentences = found { $0.said[HostID("10.0.0.3")]?.insert(("vip", "yes"), at: 0) }
        #expect(sentences == ["fault : 10.0.0.2 and 10.0.0.3 have the address 10.0.0.100 at the same time"])
    }
}
