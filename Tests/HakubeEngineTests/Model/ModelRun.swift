// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization

/// When hakube, or a host's power, goes.
enum Kill: Sendable, Hashable {
    /// SIGKILL of hakube after so many steps that changed something.
    case afterStep(Int)
    /// SIGKILL of hakube in the middle of an act: the act runs to its end on the host, and nobody hears of it.
    case unheard(Int)
    /// Power cut in the middle of an act.
    case half(Int)
}

/// Carries plans out on a model, until a kill or to the end.
final class ModelRun: Sendable {
    /// Everything that outlives a run.
    struct Snapshot: Sendable {
        var state = ModelCluster.State()
        var files: [HostID: [String: FakeHosts.File]] = [:]
    }

    /// The run that is under way.
    private struct Progress: Sendable {
        var acts: [HostID: [String: Step]] = [:]
        var checks: [HostID: [String: Step]] = [:]
        var kill: Kill?
        var begun: [String] = []
        /// Steps ended that changed something.
        var ended = 0
        var isDead = false
    }

    let cluster: ModelCluster
    private let hosts = Mutex<FakeHosts>(FakeHosts())
    private let progress = Mutex(Progress())
    private let folder: URL

    init(_ spec: ClusterSpec, from snapshot: Snapshot = Snapshot()) {
        cluster = ModelCluster(spec)
        cluster.change { $0 = snapshot.state }
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-model-\(UUID().uuidString)")
        let fake = FakeHosts(rules: [{ [unowned self] in try self.answer($0, $1) }])
        for (host, files) in snapshot.files { fake.setFiles(files, on: host) }
        hosts.withLock { $0 = fake }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var fake: FakeHosts { hosts.withLock { $0 } }

    var snapshot: Snapshot {
        let fake = fake
        let files = cluster.spec.hosts.map { ($0.id, fake.files(on: $0.id)) }
        return Snapshot(state: cluster.now, files: Dictionary(uniqueKeysWithValues: files))
    }

    /// What the planner gets to see now.
    var facts: [HostID: Facts] { cluster.facts(fake) }

    /// etcd's members, where it has hosts of its own and can tell of them.
    func members(of spec: ClusterSpec) -> [EtcdMember]? {
        spec.etcd.hosts.isEmpty ? nil : cluster.etcdMembers(fake)
    }

    struct Outcome: Sendable {
        let summary: PlanSummary
        /// Steps whose act was begun.
        let acts: [String]
        let changes: Int
    }

    /// Makes a plan from what the hosts say, and carries it out.
    func carryOut(
        _ plan: (ModelRun) throws -> Plan, until kill: Kill? = nil
    ) async throws -> Outcome {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let values = RuntimeValues()
        if case .external(let etcd) = cluster.spec.etcd, let key = etcd.credentials?.key {
            values.set(.etcdClientKey, to: key.exposed)
        }
        let secrets = try values.resolve("\(RuntimeValue.bootstrapToken.marker) \(RuntimeValue.certificateKey.marker)")
        cluster.change { $0.secrets = secrets }
        let plan = try plan(self)
        try learn(plan, values, kill)
        let executor = Executor(
            spec: cluster.spec, pool: ConnectionPool(connector: fake),
            workplace: Workplace(folder: folder) { _, _ in MemoryShipment("bundle") }, values: values,
            pace: .simulated()
        ) { self.hear($0) }
        let summary = await executor.carryOut(plan)
        let end = progress.withLock { $0 }
        return Outcome(summary: summary, acts: end.begun, changes: end.ended)
    }

    /// Scripts are known by their text, as a host would get it.
    private func learn(_ plan: Plan, _ values: RuntimeValues, _ kill: Kill?) throws {
        var next = Progress()
        next.kill = kill
        for lane in plan.phases.flatMap(\.lanes) {
            for step in lane.steps {
                switch step.action {
                case .run(let script), .job(let script), .await(let script, _):
                    next.acts[lane.host, default: [:]][try values.resolve(script.text)] = step
                case .push(_, _, let folder): next.acts[lane.host, default: [:]][folder] = step
                case .write, .block, .capture, .learn, .fetch, .keep: break
                }
                if let unless = step.unless {
                    next.checks[lane.host, default: [:]][try values.resolve(unless.text)] = step
                }
            }
        }
        progress.withLock { $0 = next }
    }

    private func hear(_ event: Event) {
        guard case .stepFinished(_, .changed, _) = event else { return }
        progress.withLock { progress in
            progress.ended += 1
            if progress.kill == .afterStep(progress.ended) { progress.isDead = true }
        }
    }

    /// The dead ask nothing and hear nothing.
    private static func dead(_ host: HostID) -> TransportError {
        TransportError(.authentication, peer: "\(host)", message: "killed", remedy: "run again")
    }

    private func answer(_ host: HostID, _ script: Script) throws -> ScriptOutput? {
        let fake = fake
        let (isDead, act, check) = progress.withLock { progress in
            let push = progress.acts[host]?.first { text, step in
                if case .push = step.action {
                    script.text.contains("tar ") && script.text.contains(text)
                } else {
                    false
                }
            }
            return (
                progress.isDead, progress.acts[host]?[script.text] ?? push?.value, progress.checks[host]?[script.text]
            )
        }
        guard !isDead else { throw Self.dead(host) }
        if let check { return ScriptOutput(status: cluster.isDone(check, on: host, fake) ? 0 : 1) }
        guard let act else { return nil }
        if case .await = act.action { return ScriptOutput(status: isSo(act, host) ? 0 : 1) }
        return try carryOut(act, host, fake)
    }

    private func carryOut(_ step: Step, _ host: HostID, _ fake: FakeHosts) throws -> ScriptOutput {
        let kill: Kill? = progress.withLock { progress in
            progress.begun.append("\(host) \(step.id)")
            let count = progress.begun.count
            let isHit = [.unheard(count), .half(count)].contains(progress.kill)
            if isHit { progress.isDead = true }
            return isHit ? progress.kill : nil
        }
        switch kill {
        case .half:
            _ = cluster.carryOut(step, on: host, fake, .half)
            throw Self.dead(host)
        case .unheard:
            let status = cluster.carryOut(step, on: host, fake, .whole)
            if case .job = step.action {
                let job = HostJob(step: step.id, title: step.title, timeout: .zero)
                fake[job: host, job.name] = FakeHosts.Job(end: "ended \(status)")
            }
            throw Self.dead(host)
        case .afterStep, nil:
            return ScriptOutput(status: cluster.carryOut(step, on: host, fake, .whole))
        }
    }

    private func isSo(_ step: Step, _ host: HostID) -> Bool {
        switch step.id {
        case "nodes-ready":
            guard case .await(let script, _) = step.action else { return false }
            let names = script.text.matches(of: /node\/(\S+)/).map { String($0.1) }
            return Set(names).isSubset(of: cluster.now.nodes)
        case "own-api-server": return facts[host]?.serves == true
        case "etcd-healthy":
            return cluster.hasMajority(fake) && facts[host]?.isMember(as: .etcd) == true
                && !cluster.now.learners.contains(cluster.peerURL(host))
        default: return true
        }
    }
}
