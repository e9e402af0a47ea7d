// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Synchronization

/// A run of a small plan on hosts in memory, with everything it reported.
final class PlanFixture: Sendable {
    static let names = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]
    static let one = HostID(names[0])
    static let two = HostID(names[1])
    static let three = HostID(names[2])

    let hosts: FakeHosts
    let values = RuntimeValues()
    let folder: URL
    private let reported = Mutex<[Event]>([])

    init(rules: [FakeHosts.Rule] = []) throws {
        hosts = FakeHosts(rules: rules)
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var events: [Event] { reported.withLock { $0 } }

    /// Runs phases on the fake hosts; time passes only by pausing.
    func run(
        _ phases: [Phase], claim: String? = nil, folder: URL? = nil,
        push: PushSettings = PushSettings(),
        shipments: @escaping @Sendable (Role, Architecture) throws -> any Shipment = { _, _ in MemoryShipment("") }
    ) async throws -> PlanSummary {
        let spec = try SampleCluster.spec(masters: Self.names)
        let executor = Executor(
            spec: spec, pool: ConnectionPool(connector: hosts),
            workplace: Workplace(folder: folder ?? self.folder, push: push, shipments: shipments),
            values: values, pace: .simulated(), claim: claim
        ) { event in
            self.reported.withLock { $0.append(event) }
        }
        return await executor.carryOut(Plan(cluster: spec.name, kubernetes: spec.kubernetes, phases: phases))
    }

    /// A phase with a lane for each host, all side by side.
    func run(_ steps: [Step], on host: HostID = one) async throws -> PlanSummary {
        try await run([Self.phase([Lane(host: host, steps: steps)])])
    }

    static func phase(_ lanes: [Lane], _ order: Phase.Order = .together(max: 8), id: String = "phase") -> Phase {
        Phase(id: id, title: id, order: order, lanes: lanes)
    }

    static func step(_ id: String, turn: String? = nil, unless: String? = nil, readOnly: Bool = false) -> Step {
        Step(
            id: id, title: id, action: .run(Script(id)), unless: unless.map { Script($0) }, turn: turn,
            readOnly: readOnly)
    }

    /// Steps as they started and ended: `+host step`, `-host step outcome`.
    var story: [String] {
        events.compactMap { event in
            switch event {
            case .stepStarted(let step): "+\(step.host) \(step.step)"
            case .stepFinished(let step, let outcome, _): "-\(step.host) \(step.step) \(outcome.word)"
            default: nil
            }
        }
    }
}
