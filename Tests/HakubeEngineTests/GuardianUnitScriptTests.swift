// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubePlan

/// The scripts that start the unit and ask about it, run by a real shell in a folder that stands for the host's root.
@Suite final class GuardianUnitScriptTests {
    private let root: URL
    private let step: Step

    init() throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.0.4"], guardian: .systemd)
        let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 1)).initialisation()
        let steps = plan.phases.flatMap(\.lanes).flatMap(\.steps)
        step = try #require(steps.first { $0.id == "guardian-unit" })
        root = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        try place("unit", at: HostPath.guardianUnit)
        try place("program", at: HostPath.guardian)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    private func place(_ text: String, at path: String) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path())
    }

    /// A systemd that knows one thing: whether the unit is active, and under which process number.
    private func run(_ script: Script) throws -> (status: Int, calls: [String]) {
        var text = script.text
        for folder in ["etc/", "run/", "var/", "usr/local/"] {
            text = text.replacing(" /\(folder)", with: " \(root.path())/\(folder)")
        }
        let stand = """
            cd \(root.path())
            systemctl() {
                echo "systemctl $*"
                case "$*" in
                    "-q is-active hakube-guardian.service") [ -e active ] ;;
                    "-q is-enabled hakube-guardian.service") [ -e enabled ] ;;
                    "-q is-active kubelet") [ -e kubelet ] ;;
                    "-q enable hakube-guardian.service") touch enabled ;;
                    "start hakube-guardian.service") touch active; rm -rf var/lib/kubelet ;;
                    "show -p MainPID --value hakube-guardian.service") cat active ;;
                esac
            }
            # The unit ends when another guardian takes over, and starts anew by itself.
            systemd-run() { echo "systemd-run"; echo 2 >> active; }
            """
        // dash knows no function whose name has a dash in it.
        let shell = (stand + "\n" + text).replacing("systemd-run", with: "systemd_run")
        let output = try LocalShell.run(Script(shell))
        return (
            output.status,
            output.out.split(separator: "\n").map { String($0).replacing(" hakube-guardian.service", with: "") }
        )
    }

    private func act() throws -> [String] {
        guard case .run(let script) = step.action else { return [] }
        let run = try run(script)
        #expect(run.status == 0)
        return run.calls.filter { !$0.contains("is-active") && !$0.contains("show") }
    }

    private func isDone() throws -> Bool { try run(#require(step.unless)).status == 0 }

    @Test func `it is enabled and started, and a second run finds nothing to do`() throws {
        #expect(try !isDone())
        #expect(try act() == ["systemctl daemon-reload", "systemctl -q enable", "systemctl start"])
        #expect(try isDone())
    }

    @Test func `another program is started by taking over, never by a restart`() throws {
        _ = try act()
        try place("another program", at: HostPath.guardian)
        #expect(try !isDone())
        #expect(
            try act() == [
                "systemctl daemon-reload", "systemctl -q enable", "systemctl stop hakube-guardian-once.service",
                "systemctl reset-failed hakube-guardian-once.service", "systemd_run", "systemctl start",
            ])
        #expect(try isDone())
    }

    @Test func `a static pod goes once the unit guards, and is waited for until the kubelet has forgotten it`() throws {
        try place("pod", at: HostPath.guardianPod)
        try place("", at: "/var/lib/kubelet/pods/uid/containers/hakube-guardian/0")
        try place("", at: "kubelet")
        let calls = try act()
        // A restart would cut what it guards.
        #expect(!calls.contains("systemctl restart"))
        #expect(calls.prefix(3) == ["systemctl daemon-reload", "systemctl -q enable", "systemctl start"])
        #expect(!exists(HostPath.guardianPod))
        #expect(try isDone())
    }

    @Test func `a pod's manifest or an order to give way is work to do`() throws {
        _ = try act()
        try place("pod", at: HostPath.guardianPod)
        #expect(try !isDone())
        _ = try act()
        try place("give way", at: "\(GuardianStrategy.unitOverrides)/give-way.conf")
        #expect(try !isDone())
        _ = try act()
        #expect(try isDone() && !exists(GuardianStrategy.unitOverrides))
    }
}
