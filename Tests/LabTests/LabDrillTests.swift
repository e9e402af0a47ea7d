// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// Drills on a real cluster: what is stopped is measured and comes back, whoever is cut off meanwhile.
    @Suite(.serialized, .enabled("takes ten minutes: make test-all") { Lab.runsAll }) struct DrillTests {
        private static let lab = Lab(
            name: "drill", network: "10.87.0",
            hosts: [("master1", 11), ("master2", 12), ("master3", 13), ("worker1", 21)])

        private var lab: Lab { Self.lab }
        private let manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"

        private func drill(_ arguments: String...) throws -> RunningProgram {
            try RunningProgram(
                Checkout.hakube, ["drill"] + arguments + ["--yes", "--output", "json"],
                environment: ["HAKUBE_HOME": Lab.folder.appending(path: "drill/operator").path()])
        }

        private func report(_ program: RunningProgram) async throws -> DrillReport {
            #expect(await program.ended() == 0, "\(program.out)\n\(program.err)")
            let report = try JSONDecoder().decode(DrillReport.self, from: Data(program.out.utf8))
            print(program.out)
            #expect(report.serves)
            #expect(report.places.allSatisfy { $0.failedBefore == 0 && $0.precision < 100 }, "\(report)")
            let chart = try String(contentsOfFile: try #require(report.timeline), encoding: .utf8)
            #expect(report.places.allSatisfy { chart.contains(">\($0.name)</text>") })
            return report
        }

        /// The cluster is in order again, and on no master anything of a drill is left.
        private func expectOrder() async throws {
            let deadline = ContinuousClock.now + .seconds(120)
            var status = try await lab.hakube(["status"])
            // A node that was away is told Ready a little after its API server.
            while status.status != 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .seconds(1))
                status = try await lab.hakube(["status"])
            }
            #expect(status.status == 0, "\(status.out)\n\(status.err)")
            for host in ["master1", "master2", "master3"] {
                let left = try await lab.on(
                    host,
                    """
                    ls -d /run/hakube-drill /run/hakube.lock /etc/tmpfiles.d/hakube-drill.conf \\
                        /etc/kubernetes/manifests/.kube* 2>/dev/null
                    systemctl list-units --all --no-legend 'hakube-drill*'
                    iptables-save 2>/dev/null | grep HAKUBE-DRILL
                    pidof hakube-guardian && ps -o args -C hakube-guardian | grep probe
                    true
                    """)
                #expect(left.out.isEmpty, "\(host): \(left.out)")
            }
            let probes = try await lab.on(
                "worker1", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'guardian [p]robe' || true")
            #expect(probes.out == "0\n", "\(probes.out)")
        }

        /// True as soon as the host says yes, false after a minute.
        private func eventually(_ host: String, _ command: String) async throws -> Bool {
            let deadline = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < deadline {
                if try await lab.on(host, command).status == 0 { return true }
                try await Task.sleep(for: .seconds(1))
            }
            return false
        }

        @Test func `drills of all kinds, and all that may cut them off`() async throws {
            try await lab.start()
            let made = try await LabRun.initialisation(lab).toTheEnd()
            try #require(made.status == 0, "\(made.out)\n\(made.err)")

            try await process()
            try await network()
            try await host()
            try await interrupted()
            try await killed()
            try await powerCut()
            try await refused()
            try await lab.script("down")
        }

        /// Workers lose next to nothing by a dead process; who names the dead master in a kubeconfig loses all.
        private func process() async throws {
            let found = try await report(try drill("process", "--target", "master1", "--for", "8s"))
            let worker = try found.place("worker1")
            #expect(worker.requests > 150 && worker.failed <= 15 && worker.isBack, "\(worker)")
            #expect(
                worker.watch.stoodOnTarget && worker.watch.isBack && worker.watch.away ?? 99_999 < 5000, "\(worker)")
            let dead = try found.place("outside \(lab.address("master1"))")
            #expect(dead.firstFailure ?? 9999 < 300 && dead.longest ?? 0 > 7500 && dead.isBack, "\(dead)")
            #expect(dead.watch.stoodOnTarget && dead.watch.isBack && dead.watch.away ?? 0 > 7500, "\(dead)")
            let living = try found.place("outside \(lab.address("master2"))")
            #expect(living.failed <= 5 && !living.watch.stoodOnTarget, "\(living)")
            #expect((8000...12_000).contains(found.putBack ?? 0) && found.serving ?? 0 > found.putBack ?? 0)
            try await expectOrder()
        }

        private func network() async throws {
            let found = try await report(try drill("network", "--target", "master2", "--for", "8s"))
            let worker = try found.place("worker1")
            // etcd may elect anew when the member comes back, and no API server is ready meanwhile.
            #expect(worker.failed <= 80 && worker.isBack && worker.longest ?? 0 < 4000, "\(worker)")
            #expect(worker.watch.stoodOnTarget && worker.watch.isBack, "\(worker)")
            try await expectOrder()
        }

        private func host() async throws {
            let program = try drill("host", "--target", "master3")
            #expect(await program.says("restarts; waiting"), "\(program.err)")
            // Here a restart only ends the host; the switch is somebody else's.
            let deadline = ContinuousClock.now + .seconds(60)
            while try await lab.script("list").out.split(separator: "\n").contains(where: {
                $0.hasPrefix("master3") && $0.contains(" up, ")
            }), ContinuousClock.now < deadline { try await Task.sleep(for: .seconds(1)) }
            try await lab.script("up", "master3")
            let found = try await report(program)
            #expect(try found.place("worker1").isBack && found.putBack == nil && found.serving ?? 0 > 1000)
            try await expectOrder()
        }

        private func interrupted() async throws {
            let program = try drill("process", "--target", "master2", "--for", "5m")
            #expect(await program.says("is away for"), "\(program.err)")
            #expect(try await lab.on("master2", "test -e \(manifest)").status != 0)
            program.signal(SIGINT)
            #expect(await program.ended() == 130, "\(program.err)")
            #expect(program.err.contains("interrupted; it was put back"), "\(program.err)")
            #expect(try await lab.on("master2", "test -e \(manifest)").status == 0)
            try await expectOrder()
        }

        /// hakube dies: the end of its connection is heard. Then who listens there dies as well: the timer is left.
        private func killed() async throws {
            for hand in ["connection", "timer"] {
                let program = try drill("process", "--target", "master2", "--for", "10s")
                #expect(await program.says("is away for"), "\(program.err)")
                if hand == "timer" {
                    // Or it would put back by another connection.
                    program.signal(SIGSTOP)
                    let end =
                        "for p in $(grep -ls hakube-drill /proc/[0-9]*/cmdline); do p=${p#/proc/}; p=${p%/cmdline}; "
                        + "[ $p = $$ ] || kill -KILL $p; done 2>/dev/null; true"
                    _ = try await lab.on("master2", end)
                }
                program.signal(SIGKILL)
                _ = await program.ended()
                if hand == "timer" { #expect(try await lab.on("master2", "test -e \(manifest)").status != 0) }
                #expect(try await eventually("master2", "test -e \(manifest)"), "by the \(hand)")
                if hand == "timer" { #expect(try await eventually("master2", "test ! -e /run/hakube-drill")) }
                try await expectOrderAfterDeath()
            }
        }

        /// The lock of a process that died is nobody's; the next run takes it away.
        private func expectOrderAfterDeath() async throws {
            for host in lab.hosts.map(\.name) { _ = try await lab.on(host, "rm -f /run/hakube.lock") }
            try await expectOrder()
        }

        private func powerCut() async throws {
            let program = try drill("process", "--target", "master2", "--for", "10s")
            #expect(await program.says("is away for"), "\(program.err)")
            try await lab.script("kill", "master2")
            program.signal(SIGKILL)
            _ = await program.ended()
            try await lab.script("up", "master2")
            #expect(try await lab.on("master2", "test -e \(manifest)").status == 0, "systemd-tmpfiles brought it back")
            for host in lab.hosts.map(\.name) { _ = try await lab.on(host, "rm -f /run/hakube.lock") }
            var status = try await lab.hakube(["status"])
            let deadline = ContinuousClock.now + .seconds(180)
            while status.status != 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .seconds(1))
                status = try await lab.hakube(["status"])
            }
            // The next drill takes away what is left before it begins.
            let next = try drill("process", "--target", "master2", "--for", "2s")
            _ = try await report(next)
            #expect(next.err.contains("what an earlier drill had left was put back"), "\(next.err)")
            try await expectOrder()
        }

        private func refused() async throws {
            let arguments = ["drill", "--target", "master1", "--yes"]
            let worker = try await lab.hakube(["drill", "--target", "worker1", "--yes"])
            #expect(worker.status == 2 && worker.err.contains("is a worker"), "\(worker.err)")
            let shown = try await lab.hakube(arguments + ["--dry-run"])
            #expect(
                shown.status == 0 && shown.out.contains("worker1 asks apiserver.cluster.local:6443"), "\(shown.out)")
            _ = try await lab.on("master3", "mv /etc/kubernetes/manifests/etcd.yaml /root/")
            #expect(try await eventually("master3", "! pidof etcd"))
            let quorum = try await lab.hakube(arguments)
            #expect(quorum.status == 4, "\(quorum.out)\n\(quorum.err)")
            #expect(
                quorum.err.contains("with it away etcd would stand still: 1 of 3 members would answer, and 2 have to"))
            _ = try await lab.on("master3", "mv /root/etcd.yaml /etc/kubernetes/manifests/")
            try await lab.script("kill", "master3")
            let silent = try await lab.hakube(arguments)
            #expect(silent.status == 3, "\(silent.out)\n\(silent.err)")
        }
    }
}
