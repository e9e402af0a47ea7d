// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeRemote
import HakubeSSH
import HakubeTestSupport
import HakubeTransport

/// Small commands on real hosts, through connection pool and executor, as a phase of a plan runs them.
struct Commands {
    struct Result: Encodable {
        let hosts: Int, steps: Int, done: Int, failed: Int
        /// From before the first connection to the last answer.
        let seconds: Double, cpu: Double
        /// The first few sentences, for whoever looks why.
        let failures: [String]
    }

    let file: String
    let steps: Int
    let key: String?
    /// Where known_hosts is kept; `nil`: nowhere.
    let home: String?

    func run() async throws -> Result {
        let hosts = try lines().map(host)
        let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-bench-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = SSHConfiguration(
            knownHostsPath: (home.map { URL(filePath: $0) } ?? folder).appending(path: "known_hosts").path())
        configuration.configPath = nil
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"]).with(hosts)
        let small = (1...steps).map { number in
            Step(id: "step-\(number)", title: "command \(number)", action: .run(Script("true")))
        }
        let lanes = hosts.map { Lane(host: $0.id, steps: small) }
        let phase = Phase(id: "commands", title: "Commands", order: .together(max: lanes.count), lanes: lanes)
        let pool = ConnectionPool(connector: SSHConnector(configuration))
        let executor = Executor(
            spec: spec, pool: pool, workplace: Workplace(folder: folder) { _, _ in throw CancellationError() }
        ) { _ in }
        let meter = Meter()
        let summary = await executor.carryOut(Plan(cluster: "bench", kubernetes: spec.kubernetes, phases: [phase]))
        let (seconds, cpu) = (meter.seconds, meter.cpuSeconds)
        await pool.close()
        return Result(
            hosts: hosts.count, steps: steps, done: summary.changed, failed: summary.failures.count, seconds: seconds,
            cpu: cpu, failures: summary.failures.prefix(3).map { "\($0.host): \($0.message)" })
    }

    private func lines() throws -> [String] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        return text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") }
    }

    /// `user@address:port`; hosts that share an address are told apart by their line.
    private func host(_ line: String) throws -> HakubeModel.Host {
        let halves = line.split(separator: "@")
        let parts = halves.last?.split(separator: ":") ?? []
        guard halves.count == 2, let name = parts.first, let address = IPAddress(String(name)) else {
            Arguments.refuse("\(line) is not user@address:port")
        }
        let port = parts.count > 1 ? Int(parts[1]) : 22
        return HakubeModel.Host(
            id: HostID(line), role: .node, sshAddress: String(name),
            access: SSHAccess(user: String(halves[0]), port: port, keyPath: key), address: address)
    }
}

extension ClusterSpec {
    /// Other hosts, which nobody looks at closer.
    fileprivate func with(_ hosts: [HakubeModel.Host]) -> ClusterSpec {
        ClusterSpec(
            name: name, kubernetes: kubernetes, masters: [hosts[0]], nodes: Array(hosts.dropFirst()),
            endpoint: endpoint, podSubnets: podSubnets, serviceSubnets: serviceSubnets, dnsDomain: dnsDomain,
            imageRepository: imageRepository, proxyMode: proxyMode)
    }
}
