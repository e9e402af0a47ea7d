// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization

/// One run of init on many hosts in memory: first the fake alone, then the real executor with it, its log included.
struct Simulation {
    struct Result: Encodable {
        let hosts: Int, steps: Int, changed: Int, failures: [String]
        /// Scripts, files and streams that went to hosts.
        let exchanges: Int
        let seconds: Double
        /// CPU seconds: of the run, of hosts in memory by themselves, and the rest by step.
        let cpu: Double, fakeCPU: Double, cpuPerStep: Double
        /// Bytes.
        let peakMemory: Int
    }

    let hosts: Int

    func run() async throws -> Result {
        let spec = try HostSpec.cluster(of: hosts)
        let input = PlanInput.assumingFresh(spec, bundle: SampleBundle.contents, parallel: 1000)
        let plan = try Planner(input).initialisation()
        let steps = plan.phases.flatMap(\.lanes).reduce(0) { $0 + $1.steps.count }
        let fakeCPU = try await Self.fakeAlone(plan)
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-bench-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try RunLog(folder: folder)
        let fake = Self.fake()
        let lead = spec.masters[0].id
        fake[lead, "/etc/kubernetes/pki/ca.crt"] = FakeHosts.File(SampleCertificate.authority)
        fake[lead, "/etc/kubernetes/admin.conf"] = FakeHosts.File("server: https://10.0.0.1:6443\n")
        let meter = Meter()
        let executor = Executor(
            spec: spec, pool: ConnectionPool(connector: fake),
            workplace: Workplace(folder: folder) { _, _ in MemoryShipment("") }, pace: .simulated()
        ) { log.write($0) }
        let summary = await executor.carryOut(plan)
        let (seconds, cpu) = (meter.seconds, meter.cpuSeconds)
        return Result(
            hosts: hosts, steps: steps, changed: summary.changed,
            failures: summary.failures.prefix(3).map { "\($0.host): \($0.title): \($0.message)" },
            exchanges: fake.exchanges.values.reduce(0, +), seconds: seconds, cpu: cpu, fakeCPU: fakeCPU,
            cpuPerStep: Meter.rounded(max(0, cpu - fakeCPU) / Double(max(1, steps))), peakMemory: Meter.peakMemory)
    }

    /// A host on which nothing is done yet: every check says no, every question that is waited for says yes.
    private static func fake() -> FakeHosts {
        FakeHosts(
            rules: [{ _, script in script.text.hasPrefix("[ ") ? ScriptOutput(status: 1) : nil }], remembers: false)
    }

    /// CPU that the hosts in memory use for the same scripts by themselves.
    private static func fakeAlone(_ plan: Plan) async throws -> Double {
        let fake = fake()
        let meter = Meter()
        for lane in plan.phases.flatMap(\.lanes) {
            let host = HakubeModel.Host(
                id: lane.host, role: .node, sshAddress: "", address: IPAddress(family: .v4, value: 0))
            let transport = try await fake.connect(to: host)
            for step in lane.steps {
                if let unless = step.unless { _ = try await transport.run(unless) { _ in } }
                switch step.action {
                case .run(let script), .job(let script), .await(let script, _):
                    _ = try await transport.run(script) { _ in }
                case .write(let file): try await transport.write(Array(file.text.utf8), to: file.path, mode: file.mode)
                case .block, .push, .capture, .learn, .fetch, .keep: break
                }
            }
        }
        return meter.cpuSeconds
    }
}
