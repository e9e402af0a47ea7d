// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// What may happen in the middle of a run and takes no cluster to show.
    @Suite(.serialized) struct FaultTests {
        private let lab = Lab(name: "fault", network: "10.84.0", hosts: [("master1", 11), ("worker1", 21)])

        private var run: LabRun { .initialisation(lab) }
        private var address: String { lab.address("master1") }

        @Test func `the second of two operators is told who is at work, and Ctrl-C ends the first with 130`()
            async throws
        {
            try await lab.start()
            let first = try run.start()
            #expect(await first.says("\"event\":\"phase-started\""), "\(first.err)")
            let second = try await run.toTheEnd()
            #expect(second.status == 4, "\(second.out)\(second.err)")
            #expect(
                second.err.contains("\(address) (and 1 more): is worked on by ")
                    && second.err.contains("(hakube init, pid "))
            #expect(second.err.contains("--take-over"))
            first.signal(SIGINT)
            #expect(await first.ended() == 130)
            #expect(first.err.contains("run the same command again"))
            #expect(try await lab.on("master1", "ls /run/hakube.lock*").status != 0, "the lock is gone")
        }

        @Test(.enabled("runs under 'make test-all'") { Lab.runsAll })
        func `a run whose host is taken over stops before its next step`() async throws {
            try await lab.start()
            let first = try run.start()
            #expect(await first.says("\"event\":\"phase-started\""), "\(first.err)")
            let second = try LabRun(lab: lab, arguments: run.arguments + ["--take-over"]).start()
            #expect(await second.says("\"event\":\"phase-started\""), "\(second.err)")
            #expect(await first.ended() == 5)
            #expect(first.out.contains("was taken over by"), "\(first.out)")
            second.signal(SIGKILL)
            _ = await second.ended()
            // Its process is dead, and this is its machine: nobody has to say --take-over.
            let third = try run.start()
            #expect(await third.says("\"event\":\"phase-started\""), "\(third.err)")
            third.signal(SIGINT)
            #expect(await third.ended() == 130)
        }

        @Test(.enabled("runs under 'make test-all'") { Lab.runsAll })
        func `a host whose disk fills up says so, and goes on when there is room`() async throws {
            try await lab.start()
            let folder = "/var/lib/hakube"
            let made = try await lab.on("master1", "mkdir -p \(folder) && mount -t tmpfs -o size=20m small \(folder)")
            #expect(made.status == 0, "\(made.err)")
            let full = try await run.toTheEnd()
            #expect(full.status == 5, "\(full.out)\(full.err)")
            #expect(full.out.contains("No space left on device") && full.out.contains("make room on the host"))
            _ = try await lab.on("master1", "mount -o remount,size=2g \(folder)")
            let next = try run.start()
            #expect(await next.says(LabRun.begins("prepare", "modules-file", on: address)), "\(next.out)\(next.err)")
            next.signal(SIGINT)
            #expect(await next.ended() == 130)
            try await lab.script("down")
        }
    }
}
