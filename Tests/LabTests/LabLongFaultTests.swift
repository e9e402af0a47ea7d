// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// Faults in the middle of a real init of one master and one worker.
    @Suite(.serialized, .enabled("faults of a whole init run under 'make test-all'") { Lab.runsAll })
    struct LongFaultTests {
        private let lab = Lab(name: "longfault", network: "10.85.0", hosts: [("master1", 11), ("worker1", 21)])

        private var run: LabRun { .initialisation(lab) }
        private var master: String { lab.address("master1") }
        private var worker: String { lab.address("worker1") }

        /// An init on fresh hosts that has come to a step.
        private func under(way phase: String, _ step: String, on address: String) async throws -> RunningProgram {
            try await lab.start()
            let program = try run.start()
            try #require(await program.says(LabRun.begins(phase, step, on: address)), "\(program.out)\(program.err)")
            return program
        }

        private func isActive(_ job: String, on host: String) async throws -> Bool {
            try await lab.on(host, "systemctl is-active hakube-job-\(job)").out == "active\n"
        }

        private func becomesActive(_ job: String, on host: String) async throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline { if try await isActive(job, on: host) { return } }
            Issue.record("\(job) does not run on \(host)")
        }

        /// Both nodes are Ready, one etcd member, nothing left of jobs, locks and credentials; another run changes nothing.
        private func standsWhole() async throws {
            let nodes = try await lab.on("master1", "kubectl get nodes --no-headers")
            let rows = nodes.out.split(separator: "\n")
            #expect(rows.count == 2 && rows.allSatisfy { $0.contains(" Ready ") }, "\(nodes.out)\(nodes.err)")
            for host in ["master1", "worker1"] {
                let left = try await lab.on(host, "ls -d /run/hakube-jobs /run/hakube.lock* /var/lib/hakube/unfinished")
                #expect(left.out.isEmpty, "\(host): \(left.out)")
            }
            let again = try await run.toTheEnd()
            #expect(again.status == 0 && again.out.contains("\"changed\":0,"), "\(again.out)\(again.err)")
        }

        @Test func `SIGKILL of hakube in the middle of kubeadm init: the next run waits for it and goes on`()
            async throws
        {
            let program = try await under(way: "first-master", "kubeadm-init", on: master)
            try await becomesActive("kubeadm-init", on: "master1")
            program.signal(SIGKILL)
            _ = await program.ended()
            #expect(try await isActive("kubeadm-init", on: "master1"), "it goes on by itself")
            let next = try await run.toTheEnd()
            #expect(next.status == 0, "\(next.out)\(next.err)")
            #expect(next.err.contains("\(master): kubeadm-init of an earlier run is under way"), "\(next.err)")
            #expect(LabRun.outcome(of: "kubeadm-init", in: next.out).allSatisfy { $0 != "failed" })
            let begun = try await lab.on(
                "master1", "journalctl -o cat -t systemd | grep -c 'Started hakube-job-kubeadm-init'")
            #expect(begun.out == "1\n" || begun.out == "0\n", "kubeadm init ran once: \(begun.out)")
            try await standsWhole()
        }

        @Test func `SIGKILL of sshd and all its sessions in the middle of kubeadm join: the run goes on`() async throws
        {
            let program = try await under(way: "join", "kubeadm-join", on: worker)
            try await becomesActive("kubeadm-join", on: "worker1")
            // A unit of its own: the session that asks for it is among those that end.
            _ = try await lab.on("worker1", "systemd-run --quiet --collect sh -c 'kill -KILL $(pidof sshd)'")
            #expect(await program.ended() == 0, "\(program.out)\(program.err)")
            #expect(program.out.contains("\"notice\":\"connection-lost\""))
            #expect(program.out.contains("\"notice\":\"connection-back\""))
            try await standsWhole()
        }

        @Test(arguments: [("first-master", "kubeadm-init", "master1"), ("join", "kubeadm-join", "worker1")])
        func `power cut of a host in the middle of its act`(phase: String, step: String, host: String) async throws {
            let program = try await under(way: phase, step, on: lab.address(host))
            try await becomesActive(step, on: host)
            try await lab.script("kill", host)
            try await lab.script("up", host)
            // It finds the host back and the act gone; or it gives up. Either way the same command finishes it.
            let status = await program.ended()
            #expect([3, 5].contains(status), "\(program.out)\(program.err)")
            let next = try await run.toTheEnd()
            #expect(next.status == 0, "\(next.out)\(next.err)")
            try await standsWhole()
        }

        @Test(arguments: [20, 75]) func `network gone for a while in the middle of kubeadm init`(seconds: Int)
            async throws
        {
            let program = try await under(way: "first-master", "kubeadm-init", on: master)
            try await becomesActive("kubeadm-init", on: "master1")
            let link = "ip -n lab-\(lab.name) link set h11"
            let gap = try await ProgramRun.run("/bin/sh", ["-euc", "\(link) down; sleep \(seconds); \(link) up"])
            #expect(gap.status == 0, "\(gap.err)")
            #expect(await program.ended() == 0, "\(program.out)\(program.err)")
            try await standsWhole()
        }

        @Test func `a disk that fills up while images are loaded`() async throws {
            try await lab.start()
            let folder = "/var/lib/containerd"
            _ = try await lab.on("worker1", "mkdir -p \(folder) && mount -t tmpfs -o size=30m small \(folder)")
            let full = try await run.toTheEnd()
            #expect(full.status == 5, "\(full.out)\(full.err)")
            #expect(full.out.contains("make room on the host"), "\(full.out)")
            _ = try await lab.on("worker1", "mount -o remount,size=4g \(folder)")
            let next = try await run.toTheEnd()
            #expect(next.status == 0, "\(next.out)\(next.err)")
            try await standsWhole()
        }

        @Test func `the operator's disk fills up in the middle of a run`() async throws {
            try await lab.start()
            let home = FileManager.default.temporaryDirectory.appending(path: "hakube-home-\(UUID())").path()
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            try LocalProgram.run(["/bin/mount", "-t", "tmpfs", "-o", "size=256k", "hakube-test", home])
            defer {
                _ = try? LocalProgram.run(["/bin/umount", home])
                try? FileManager.default.removeItem(atPath: home)
            }
            let run = LabRun.initialisation(lab, home: home)
            let program = try run.start()
            #expect(await program.says(LabRun.begins("first-master", "kubeadm-init", on: master)), "\(program.err)")
            let filled = try await ProgramRun.run("/bin/sh", ["-c", "cat /dev/zero > \(home)/ballast"])
            #expect(filled.status != 0)
            #expect(await program.ended() == 5, "\(program.out)\(program.err)")
            #expect(program.out.contains("make room on this machine"), "\(program.out)")
            #expect(program.err.contains("warning: the log has no end"), "\(program.err)")
            #expect(!FileManager.default.fileExists(atPath: "\(home)/\(lab.name)/kubeconfig.part"))
            try FileManager.default.removeItem(atPath: "\(home)/ballast")
            let next = try await run.toTheEnd()
            #expect(next.status == 0, "\(next.out)\(next.err)")
            let kubeconfig = try String(contentsOfFile: "\(home)/\(lab.name)/kubeconfig", encoding: .utf8)
            #expect(kubeconfig.contains("server: https://\(master):6443"))
            try await lab.script("down")
        }
    }
}
