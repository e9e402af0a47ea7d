// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// A command that is killed at one step after the other, on real hosts, each time by SIGKILL, and then runs to its end.
struct KillTour: Sendable {
    let run: LabRun
    /// Phase, step and host of each kill, in the plan's order.
    let points: [(phase: String, step: String, host: String)]

    /// - Returns: how many of the kills met the command at its step; the others came after what a kill before had left.
    func kills() async throws -> Int {
        var met = 0
        for point in points {
            let program = try run.start()
            let words = LabRun.begins(point.phase, point.step, on: run.lab.address(point.host))
            if await program.says(words) { met += 1 } else { print("not met: \(point)\n\(program.err)") }
            program.signal(SIGKILL)
            _ = await program.ended()
        }
        return met
    }
}

extension RealHosts {
    /// hakube is killed at every other step of what it can do, and the same command ends where it would have.
    @Suite(.serialized, .enabled("the lab's kill matrix runs under 'make test-all'") { Lab.runsAll })
    struct KillTests {
        private let lab = Lab(
            name: "kills", network: "10.82.0", hosts: [("master1", 11), ("worker1", 21), ("worker2", 22)])

        private var home: String { Lab.folder.appending(path: "\(lab.name)/operator").path() }

        private func command(_ arguments: [String]) -> LabRun {
            LabRun(lab: lab, arguments: arguments + ["--key", lab.key, "--yes", "--output", "json"])
        }

        private var initialisation: LabRun {
            command([
                "init", "-f", Checkout.root.appending(path: "lab/cluster.yaml").path(), "--masters",
                lab.address("master1"), "--nodes", lab.address("worker1"), "--cluster", lab.name, "--bundle",
                Lab.bundle,
            ])
        }

        private var join: LabRun {
            command([
                "join", "--nodes", lab.address("worker2"), "--from", lab.address("master1"), "--bundle", Lab.bundle,
            ])
        }

        private func ends(_ run: LabRun, nodes: Int) async throws {
            let last = try await run.toTheEnd()
            #expect(last.status == 0, "\(last.out)\(last.err)")
            let again = try await run.toTheEnd()
            #expect(again.status == 0 && again.out.contains("\"changed\":0,"), "\(again.out)\(again.err)")
            let table = try await lab.on("master1", "kubectl get nodes --no-headers")
            let rows = table.out.split(separator: "\n")
            #expect(rows.count == nodes && rows.allSatisfy { $0.contains(" Ready ") }, "\(table.out)\(table.err)")
            let tokens = try await lab.on(
                "master1",
                "kubectl -n kube-system get secret --field-selector type=bootstrap.kubernetes.io/token -o name")
            print("tokens left to their end: \(tokens.out.split(separator: "\n").count)")
            for host in lab.hosts.map(\.name) {
                let blocks = try await lab.on(host, "grep -c 'hakube begin' /etc/hosts")
                #expect(["0\n", "1\n"].contains(blocks.out), "\(host): \(blocks.out)")
            }
        }

        @Test func `init, then join, then clean, each killed at its steps`() async throws {
            let began = ContinuousClock.now
            try await lab.start()
            let (master, worker, second) = ("master1", "worker1", "worker2")
            let initKills = try await KillTour(
                run: initialisation,
                points: [
                    ("receipt", "receipt", master), ("push", "push", worker), ("push", "push", master),
                    ("prepare", "modules", worker), ("prepare", "programs", master), ("prepare", "containerd", worker),
                    ("prepare", "images", worker), ("prepare", "stage", master), ("prepare", "kubelet", worker),
                    ("first-master", "hosts", master), ("first-master", "kubeadm-init", master),
                    ("first-master", "root-kubeconfig", master), ("join", "pod-network", master),
                    ("join", "kubeadm-join", worker), ("join", "hosts", worker),
                    ("settle", "withdraw-credentials", master), ("record", "record-secret", master),
                    ("verify", "nodes-ready", master), ("verify", "kubeconfig", master),
                ]
            ).kills()
            try await ends(initialisation, nodes: 2)
            print("init: \(initKills) kills after \(ContinuousClock.now - began)")
            #expect(initKills >= 15)
            let joinKills = try await KillTour(
                run: join,
                points: [
                    ("receipt", "receipt", second), ("push", "push", second), ("prepare", "programs", second),
                    ("prepare", "images", second), ("first-master", "credentials", master),
                    ("join", "hosts", second), ("join", "kubeadm-join", second),
                    ("settle", "withdraw-credentials", master), ("record", "record", master),
                    ("verify", "nodes-ready", master),
                ]
            ).kills()
            try await ends(join, nodes: 3)
            print("join: \(joinKills) kills after \(ContinuousClock.now - began)")
            let clean = command(["clean", "--nodes", lab.address(second), "--from", lab.address(master)])
            let cleanKills = try await KillTour(
                run: clean,
                points: [
                    ("drain", "drain \(lab.address(second))", master), ("clean", "stop-kubelet", second),
                    ("clean", "stop-guardian", second), ("clean", "stop-pods", second),
                    ("clean", "give-network", second),
                    ("clean", "give-files", second), ("clean", "give-kernel", second), ("clean", "forget", second),
                    ("leave", "node \(lab.address(second))", master), ("record", "record", master),
                ]
            ).kills()
            let last = try await clean.toTheEnd()
            #expect(last.status == 0, "\(last.out)\(last.err)")
            try await ends(initialisation, nodes: 2)
            #expect(try await lab.on(second, "ls -d /var/lib/hakube /etc/kubernetes /etc/hakube").out.isEmpty)
            print("clean: \(cleanKills) kills after \(ContinuousClock.now - began)")
            try await lab.script("down")
        }
    }
}
