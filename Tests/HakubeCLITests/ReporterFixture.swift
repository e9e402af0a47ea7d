// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeCLI
import HakubeEngine
import HakubeModel
import HakubePlan
import Synchronization
import Testing

/// A small run to be reported: two phases, two hosts.
struct ReporterFixture {
    static let master = HostID("10.0.0.1")
    static let worker = HostID("10.0.0.4")

    let pace = Pace.simulated()

    static func step(_ host: HostID, _ id: String, _ title: String, phase: String = "prepare") -> StepReference {
        StepReference(phase: phase, host: host, step: id, title: title)
    }

    static let install = step(master, "install", "install programs")
    static let push = step(worker, "push", "send the bundle's files for a node")
    static let initialise = step(master, "kubeadm-init", "kubeadm init", phase: "first-master")

    static let prepare = Phase(
        id: "prepare", title: "Prepare the hosts", order: .together(max: 2),
        lanes: [lane(master, [install]), lane(worker, [push])])
    static let firstMaster = Phase(
        id: "first-master", title: "First master", order: .oneByOne, lanes: [lane(master, [initialise])])

    private static func lane(_ host: HostID, _ steps: [StepReference]) -> Lane {
        Lane(host: host, steps: steps.map { Step(id: $0.step, title: $0.title, action: .run(Script("true"))) })
    }

    static func plan() throws -> Plan {
        let version = try #require(KubernetesVersion("v1.34.2"))
        return Plan(cluster: "sample", kubernetes: version, phases: [prepare, firstMaster])
    }

    static let failure = StepFailure(
        host: master, step: "kubeadm-init", title: "kubeadm init", message: "ended with status 1",
        lastLines: ["[init] Using Kubernetes version: v1.34.2", "\u{1B}[31m[ERROR Swap]\u{1B}[0m: swap is on"],
        remedy: "turn swap off on the host, then run the same command again")

    /// Tells a reporter of a run that fails in its second phase, with pauses between.
    func tell(_ reporter: any Reporter, pausing: (Pace) async throws -> Void = { _ in }) async throws {
        await reporter.report(.planStarted(try Self.plan()))
        await reporter.report(.phaseStarted(Self.prepare))
        await reporter.report(.stepStarted(Self.install))
        await reporter.report(.stepStarted(Self.push))
        try await pace.pause(.seconds(2))
        await reporter.report(.progress(Self.push, done: 210_000_000, total: 500_000_000))
        await reporter.report(.output(Self.install, stream: "out", text: "\u{1B}[1mbin/kubelet\u{1B}[0m\tplaced"))
        try await pausing(pace)
        try await pace.pause(.milliseconds(1300))
        await reporter.report(.stepFinished(Self.install, .unchanged, elapsed: .milliseconds(3300)))
        await reporter.report(.stepFinished(Self.push, .changed, elapsed: .milliseconds(3300)))
        await reporter.report(.phaseFinished(Self.prepare, elapsed: .milliseconds(3300)))
        await reporter.report(.phaseStarted(Self.firstMaster))
        await reporter.report(.stepStarted(Self.initialise))
        try await pace.pause(.seconds(75))
        await reporter.report(.stepFinished(Self.initialise, .failed(Self.failure), elapsed: .seconds(75)))
        var summary = PlanSummary()
        summary.changed = 1
        summary.unchanged = 1
        summary.failures = [Self.failure]
        summary.elapsed = .milliseconds(78300)
        await reporter.report(.planFinished(summary))
    }
}

/// What a reporter wrote.
final class Sheet: Sendable {
    private let written = Mutex("")

    var text: String { written.withLock { $0 } }

    func write(_ text: String) { written.withLock { $0 += text } }
}
