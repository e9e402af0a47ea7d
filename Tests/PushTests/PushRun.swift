// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeRemote
import HakubeSSH
import HakubeTestSupport
import HakubeTransport
import Synchronization

/// A push of a few megabytes to the hosts of a network, by the engine itself over SSH.
final class PushRun: Sendable {
    static let stage = "/var/lib/hakube/stage/test-bundle"

    let network: PushNetwork
    let shipment: MemoryShipment
    private let events = Mutex<[Event]>([])
    private let watchers = Mutex<[@Sendable (HostID, _ done: Int, _ total: Int) -> Void]>([])

    /// - Parameter megabytes: of all files together.
    init(_ network: PushNetwork, megabytes: Int) {
        self.network = network
        var generator = SystemRandomNumberGenerator()
        var files: [(path: String, bytes: [UInt8])] = (0..<6).map { index in
            let words = megabytes * 1_000_000 / 6 / 8
            let bytes = [UInt8](unsafeUninitializedCapacity: words * 8) { buffer, count in
                buffer.withMemoryRebound(to: UInt64.self) { numbers in
                    for place in 0..<words { numbers[place] = generator.next() }
                }
                count = words * 8
            }
            return ("bin/file \(index)", bytes)
        }
        let sums = files.map { "\(MemoryShipment.digest($0.bytes))  \($0.path)\n" }.joined()
        files.append(("SHA256SUMS", Array(sums.utf8)))
        shipment = MemoryShipment(files)
    }

    var byteCount: Int { shipment.items.reduce(0) { $0 + $1.wire } }

    /// Calls with every progress of every host.
    func watch(_ watcher: @escaping @Sendable (HostID, _ done: Int, _ total: Int) -> Void) {
        watchers.withLock { $0.append(watcher) }
    }

    /// Once, when a host has got so much of what it needs.
    func when(_ index: Int, has share: Double, _ act: @escaping @Sendable () -> Void) {
        let fired = Mutex(false)
        let host = network.hosts[index].id
        watch { id, done, total in
            guard id == host, Double(done) >= share * Double(total) else { return }
            if fired.withLock({ fired in (fired, fired = true).0 }) { return }
            act()
        }
    }

    /// - Parameters:
    ///   - indices: the hosts that get the files; `nil`: all.
    ///   - last: a host that is logged in to when another has got its first bytes.
    func carryOut(
        _ indices: [Int]? = nil, last: Int? = nil, fanOut: PushSettings.FanOut = .auto, rate: Int? = nil,
        courier: @escaping @Sendable (Architecture) -> URL? = { _ in PushNetwork.courier }
    ) async throws -> PlanSummary {
        events.withLock { $0 = [] }
        let gate = Gate()
        watch { _, _, _ in Task { await gate.open() } }
        let spec = try SampleCluster.spec(masters: network.hosts.map { "\($0.id)" })
        let lanes = (indices ?? Array(network.hosts.indices)).map { index in
            Lane(
                host: network.hosts[index].id,
                steps: [
                    Step(id: "push", title: "push", action: .push(role: .node, arch: .amd64, to: Self.stage))
                ])
        }
        let settings = PushSettings(fanOut: fanOut, limitRate: rate, courier: courier)
        let pool = ConnectionPool(
            connector: Login(network: network, last: last.map { network.hosts[$0].id }, gate: gate))
        let shipment = shipment
        let executor = Executor(
            spec: spec, pool: pool,
            workplace: Workplace(folder: network.folder, push: settings) { _, _ in shipment }
        ) { event in self.hear(event) }
        let phase = Phase(id: "push", title: "push", order: .together(max: lanes.count), lanes: lanes)
        let summary = await executor.carryOut(
            Plan(cluster: spec.name, kubernetes: spec.kubernetes, phases: [phase]))
        await pool.close()
        return summary
    }

    private func hear(_ event: Event) {
        events.withLock { $0.append(event) }
        guard case .progress(let step, let done, let total) = event else { return }
        for watcher in watchers.withLock({ $0 }) { watcher(step.host, done, total) }
    }

    /// What was told of a host's files on their way.
    func notices(_ index: Int) -> [PushNotice] {
        events.withLock { $0 }.compactMap { event in
            guard case .notice(let step, .push(let notice)) = event, step.host == network.hosts[index].id else {
                return nil
            }
            return notice
        }
    }

    func hasLost(_ index: Int) -> Bool {
        events.withLock { $0 }.contains { event in
            if case .notice(let step, .connectionLost) = event { step.host == network.hosts[index].id } else { false }
        }
    }

    /// Paths below the stage of a host with their digests, as its own sha256sum finds them; empty where it has none.
    func isComplete(_ index: Int) async throws -> Bool {
        let said = try await network.onHost(
            index, "cd \(PushRun.stage) && sha256sum -c --quiet SHA256SUMS && find . -type f | wc -l")
        return said == "\(shipment.items.count)\n"
    }

    /// Logs in to the hosts of the network, whatever the specification says of them.
    private struct Login: Connector {
        let network: PushNetwork
        let last: HostID?
        let gate: Gate

        func connect(to host: Host) async throws -> any Transport {
            if host.id == last { await gate.pass() }
            return try await network.connector.connect(to: network.hosts.first { $0.id == host.id } ?? host)
        }
    }
}
