// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeEngine
import HakubeGuardian
import HakubeModel
import HakubePlan
import HakubeTransport
import Synchronization

/// Everything that is asked and checked before a drill; nothing is changed.
struct DrillPreparation: Sendable {
    let kind: DrillKind
    let length: Duration
    let patience: Duration
    /// From how many workers it is measured.
    let workers: Int
    let parallel: Int
    let standing: StandingCluster

    private var spec: ClusterSpec { standing.spec }
    private var pool: ConnectionPool { standing.session.pool }

    /// The drill, ready to be carried out.
    ///
    /// - Throws: `InventoryError` for a target that is no master; `HostErrors` for hosts that cannot be asked; `PreflightError` with
    ///   everything that speaks against it.
    func run(on name: String) async throws -> DrillRun {
        let target = try DrillTarget.host(name, of: spec)
        let (status, answer) = try await look(at: target)
        let kubeconfig = try await kubeconfigText()
        let places = try await workerPlaces() + outsidePlaces(target, kubeconfig)
        let own = status.hosts.first { $0.host.id == target.id }
        let pem = own?.answer?.certificates["apiserver"]
        return DrillRun(
            target: DrillTarget(
                kind: kind, host: target, spec: spec, pool: pool, boot: answer.boot,
                hasEtcd: status.etcd.local[target.id] != nil),
            targetName: own?.name ?? target.id.description, places: places, length: length, patience: patience,
            certificate: pem.flatMap { try? Certificate(pem: $0) }?.digest, kubeconfig: Array(kubeconfig.utf8))
    }

    /// The same drill after another look at the cluster: between the first and the operator's consent any time may have passed.
    ///
    /// - Throws: as `run(on:)` does.
    func refreshed(_ run: DrillRun) async throws -> DrillRun {
        var run = run
        run.target.boot = try await look(at: run.target.host).answer.boot
        return run
    }

    /// - Throws: `HostErrors` for hosts that cannot be asked; `PreflightError` with everything that speaks against the drill.
    private func look(at target: Host) async throws -> (status: ClusterStatus, answer: TargetAnswer) {
        ClusterSession.announce("asking", spec.hosts.count)
        let survey = StatusSurvey(spec: spec, pool: pool, parallel: parallel, unreachable: standing.unreachable)
        let replies = try await survey.replies()
        let silent = spec.hosts.compactMap { host -> TransportError? in
            if case .silent(let error) = replies[host.id] { error } else { nil }
        }
        guard silent.isEmpty else { throw HostErrors(errors: silent) }
        let status = StatusInspection(
            spec: spec, origin: standing.origin, moment: Date(), replies: replies,
            cluster: try await survey.cluster(replies)
        ).status
        let answer = try await TargetAnswer.ask(question(target), through: try await pool.connection(to: target))
        var problems = DrillCheck(status: status, target: target, kind: kind).problems
        if !answer.obstacle.isEmpty {
            problems.append(
                Problem(
                    place: target.id.description,
                    message: "'hakube drill \(kind.rawValue)' cannot be made here: \(answer.obstacle)",
                    remedy: "see to it on the host, or try another kind of drill"))
        }
        guard problems.isEmpty else { throw PreflightError(problems: problems) }
        return (status, answer)
    }

    private func question(_ target: Host) -> DrillQuestion {
        DrillQuestion(kind: kind, target: target, announces: spec.endpoint.isAnnounced)
    }

    /// Takes away what an earlier drill has left, when that one was cut off and its host restarted.
    func tidy(_ run: DrillRun) async throws {
        let host = run.target.host
        let transport = try await pool.connection(to: host)
        guard try await !TargetAnswer.ask(question(host), through: transport).left.isEmpty else { return }
        let output = try await transport.run(DrillScripts.recovery(of: host)) { _ in }
        guard output.status == 0 else {
            throw PreflightError(problems: [
                Problem(
                    place: host.id.description,
                    message: "what an earlier drill has left cannot be put back: "
                        + TerminalText.printable(output.out.split(separator: "\n").last.map(String.init) ?? ""),
                    remedy: "look at \(HostFiles.drillTraces.joined(separator: ", ")) on the host")
            ])
        }
        StandardError.say("\(run.targetName): what an earlier drill had left was put back")
    }

    // MARK: - Parts

    /// The workers that can measure; of others it is said why not.
    private func workerPlaces() async throws -> [DrillPlace] {
        let asked = Array(spec.nodes.prefix(workers))
        let found = Mutex<[HostID: Result<ProbeBegin, WorkerProbe.Unfit>]>([:])
        await forEach(asked, atMost: parallel) { host in
            let reading: Result<ProbeBegin, WorkerProbe.Unfit>
            do {
                let output = try await pool.connection(to: host).run(WorkerProbe.check) { _ in }
                reading = WorkerProbe.reading(output)
            } catch {
                reading = .failure(WorkerProbe.Unfit(reason: (error as? TransportError)?.message ?? "\(error)"))
            }
            found.withLock { $0[host.id] = reading }
        }
        try Task.checkCancellation()
        return asked.compactMap { host in
            switch found.withLock({ $0[host.id] }) {
            case .success(let begin):
                return DrillPlace(name: host.name ?? host.id.description, kind: .worker(host), server: begin.server)
            case .failure(let unfit):
                StandardError.say("warning: \(host.id) does not measure: \(unfit.reason)")
                return nil
            case nil: return nil
            }
        }
    }

    private func outsidePlaces(_ target: Host, _ kubeconfig: String) -> [DrillPlace] {
        let named = try? ProbeKubeconfig(parsing: Array(kubeconfig.utf8), place: "").server.host
        return OutsideTarget.all(spec: spec, target: target, kubeconfigServer: named).map {
            DrillPlace(name: "outside \($0.host)", kind: .outside($0), server: $0.authority)
        }
    }

    /// The kubeconfig that init has brought home, else a master's.
    private func kubeconfigText() async throws -> String {
        if let text = try? String(contentsOf: standing.session.state.kubeconfig, encoding: .utf8) { return text }
        return try await AdminKubeconfig(spec: spec, pool: pool).read(first: standing.origin).1
    }
}
