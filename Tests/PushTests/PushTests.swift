// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Synchronization
import Testing

/// Pushes between real hosts: sshd and couriers in network namespaces.
@Suite(.serialized, .enabled(if: PushNetwork.isPossible, "\(PushNetwork.absence)"))
struct PushTests {
    private func expectNothingLeft(_ network: PushNetwork, _ indices: some Sequence<Int>) async throws {
        for index in indices {
            let deadline = ContinuousClock.now + .seconds(10)
            var remains = try await network.remains(index)
            while !remains.isEmpty, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(100))
                remains = try await network.remains(index)
            }
            #expect(remains.isEmpty, "on host \(index): \(remains)")
        }
    }

    @Test func `five hosts get 30 MB, and the operator's line carries them once`() async throws {
        let network = try PushNetwork(5)
        let run = PushRun(network, megabytes: 30)
        let summary = try await run.carryOut()
        #expect(summary.changed == 5 && summary.failures.isEmpty)
        for index in 0..<5 { #expect(try await run.isComplete(index)) }
        #expect(network.uplink < run.byteCount * 13 / 10 + 5 * 1_000_000)
        try await expectNothingLeft(network, 0..<5)
    }

    /// On such a line the socket is never empty, and SSH's window never used up.
    @Test func `on a thin line with a short queue hosts are heard while they are sent to, and the chain stands`()
        async throws
    {
        let network = try PushNetwork(3)
        try network.limitUplink("rate 20mbit burst 64k latency 30ms")
        let run = PushRun(network, megabytes: 18)
        let early = Mutex(0)
        run.watch { _, done, total in if done < total { early.withLock { $0 += 1 } } }
        let summary = try await run.carryOut()
        #expect(summary.failures.isEmpty)
        #expect((0..<3).flatMap { run.notices($0) }.isEmpty)
        #expect(early.withLock { $0 } > 20)
        #expect(network.uplink < run.byteCount * 12 / 10 + 3 * 1_000_000)
        for index in 0..<3 { #expect(try await run.isComplete(index)) }
    }

    @Test func `a second push sends nothing but the courier`() async throws {
        let network = try PushNetwork(3)
        let run = PushRun(network, megabytes: 6)
        #expect(try await run.carryOut().failures.isEmpty)
        let before = network.uplink
        #expect(try await run.carryOut().failures.isEmpty)
        #expect(network.uplink - before < 3 * 1_200_000)
        for index in 0..<3 { #expect(try await run.isComplete(index)) }
    }

    @Test func `a courier that is killed in the middle is started once more, and the others go around`() async throws {
        let network = try PushNetwork(5)
        let run = PushRun(network, megabytes: 30)
        run.when(2, has: 0.4) { network.kill(PushNetwork.couriers, in: 2) }
        let summary = try await run.carryOut(rate: 15_000_000)
        #expect(summary.failures.isEmpty)
        for index in 0..<5 { #expect(try await run.isComplete(index)) }
        #expect(run.notices(2).contains { if case .courierEnded = $0 { true } else { false } })
        try await expectNothingLeft(network, 0..<5)
    }

    @Test func `a firewall between the hosts makes every push a direct one`() async throws {
        let network = try PushNetwork(4)
        for index in 0..<4 {
            try network.run(
                """
                nft add table inet t
                nft add chain inet t in '{ type filter hook input priority 0; policy drop; }'
                nft add rule inet t in ct state established,related accept
                nft add rule inet t in iif lo accept
                nft add rule inet t in tcp dport 22 accept
                """, in: index)
        }
        let run = PushRun(network, megabytes: 12)
        let summary = try await run.carryOut()
        #expect(summary.failures.isEmpty)
        for index in 0..<4 { #expect(try await run.isComplete(index)) }
        let told = (0..<4).flatMap { run.notices($0) }.map(\.sentence)
        #expect(told.contains { $0.contains("cannot be reached (a firewall between the hosts?)") })
        try await expectNothingLeft(network, 0..<4)
    }

    @Test func `a full disk on one relay ends that host's push with its sentence, and the others have all`()
        async throws
    {
        let network = try PushNetwork(4, disk: [1: 12])
        let run = PushRun(network, megabytes: 30)
        let summary = try await run.carryOut()
        #expect(summary.failures.count == 1 && summary.changed == 3)
        let failure = try #require(summary.failures.first)
        #expect(failure.host == network.hosts[1].id)
        #expect(failure.message.hasPrefix("No space left on device: \(PushRun.stage) needs "))
        #expect(failure.message.hasSuffix(" MB more"))
        #expect(failure.remedy.hasPrefix("make room on the host"))
        for index in [0, 2, 3] { #expect(try await run.isComplete(index)) }
        try await expectNothingLeft(network, [0, 2, 3])
    }

    @Test func `a connection that breaks in the middle is made again, and goes on where it was`() async throws {
        let network = try PushNetwork(3)
        let run = PushRun(network, megabytes: 24)
        run.when(1, has: 0.5) { network.kill("^sshd.*root@notty", in: 1) }
        let summary = try await run.carryOut(rate: 12_000_000)
        #expect(summary.failures.isEmpty)
        for index in 0..<3 { #expect(try await run.isComplete(index)) }
        #expect(run.hasLost(1))
        #expect(network.uplink < run.byteCount * 13 / 10 + 4 * 1_000_000)
        try await expectNothingLeft(network, 0..<3)
    }

    @Test func `a run that is cut off leaves no process, and the next one sends the rest only`() async throws {
        let network = try PushNetwork(3)
        let run = PushRun(network, megabytes: 24)
        let (halfway, signal) = AsyncStream.makeStream(of: Void.self)
        run.when(2, has: 0.5) { signal.finish() }
        let task = Task { try await run.carryOut(rate: 8_000_000) }
        for await _ in halfway {}
        task.cancel()
        #expect(try await task.value.interrupted)
        for index in 0..<3 {
            let deadline = ContinuousClock.now + .seconds(10)
            while try !network.processes(index).isEmpty, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try network.processes(index).isEmpty)
        }
        let before = network.uplink
        #expect(try await run.carryOut().failures.isEmpty)
        #expect(network.uplink - before < run.byteCount * 65 / 100 + 3 * 1_000_000)
        for index in 0..<3 { #expect(try await run.isComplete(index)) }
        try await expectNothingLeft(network, 0..<3)
    }

    @Test func `a stranger on the relay's port cannot prove the key, and the host gets its files elsewhere`()
        async throws
    {
        let network = try PushNetwork(4)
        let stranger = """
            import socket
            server = socket.create_server(("0.0.0.0", 9999))
            while True:
                peer, _ = server.accept()
                peer.sendall(bytes(65536))
                peer.close()
            """
        try network.start(["/usr/bin/python3", "-c", stranger], in: 3)
        try network.run(
            """
            nft add table ip t
            nft add chain ip t out '{ type nat hook output priority -100; }'
            nft add rule ip t out ip daddr 10.98.0.0/16 tcp dport != 22 dnat to \(network.hosts[3].id):9999
            """, in: 1)
        let run = PushRun(network, megabytes: 12)
        let summary = try await run.carryOut([0, 1, 2], last: 1)
        #expect(summary.failures.isEmpty)
        for index in 0..<3 { #expect(try await run.isComplete(index)) }
        #expect(run.notices(1).map(\.sentence).contains { $0.contains("cannot prove this run's key") })
        try await expectNothingLeft(network, 0..<3)
    }

    @Test func `a host that passes wrong bytes on is found out, and nobody keeps any of them`() async throws {
        let network = try PushNetwork(4)
        let run = PushRun(network, megabytes: 12)
        #expect(try await run.carryOut([0]).failures.isEmpty)
        try network.run("tc qdisc add dev eth0 root tbf rate 20mbit burst 64k latency 300ms", in: 0)
        // When the host passes bytes on it has proved its files; the last of them is still to come.
        let before = network.sent(by: 0)
        let isOver = Mutex(false)
        run.watch { _, _, _ in
            guard network.sent(by: 0) > before + 1_000_000,
                isOver.withLock({ isOver in
                    defer { isOver = true }
                    return !isOver
                })
            else { return }
            try? network.inside(0, "printf x | dd of='\(PushRun.stage)/bin/file 5' bs=1 seek=77 conv=notrunc")
        }
        let summary = try await run.carryOut(rate: 700_000)
        #expect(summary.failures.isEmpty)
        for index in 1..<4 { #expect(try await run.isComplete(index)) }
        let told = (1..<4).flatMap { run.notices($0) }
        #expect(told.contains(.distrusted(network.hosts[0].id, path: "bin/file 5")))
        try await expectNothingLeft(network, 0..<4)
    }

    @Test func `a host that says it has all and has nothing is asked by nobody for long`() async throws {
        let network = try PushNetwork(3)
        // What unpacks the courier there puts this in its place, and what checks it is content.
        try await network.onHost(
            0,
            """
            mkdir -p /var/lib/hakube/liar
            cat >/var/lib/hakube/liar/gzip <<'END'
            #!/bin/sh
            cat >/dev/null
            cat <<'LIAR'
            #!/bin/sh
            echo 'courier 1'
            for item in 0 1 2 3 4 5 6; do echo "holds $item wire"; done
            echo 'listening 9999'
            echo ready
            cat >/dev/null
            LIAR
            END
            printf '#!/bin/sh\n' >/var/lib/hakube/liar/sha256sum
            chmod 755 /var/lib/hakube/liar/*
            """)
        try network.inside(0, "mount --bind /var/lib/hakube/liar /usr/local/sbin")
        let run = PushRun(network, megabytes: 12)
        let task = Task { try await run.carryOut(rate: 3_000_000) }
        defer { task.cancel() }
        for index in 1..<3 {
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline, (try? await run.isComplete(index)) != true {
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(try await run.isComplete(index))
        }
        task.cancel()
        _ = try await task.value
        let told = (1..<3).flatMap { run.notices($0) }
        #expect(told.contains(.sourceLost(network.hosts[0].id, why: "says nothing", now: nil)))
    }
}
