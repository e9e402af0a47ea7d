// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
package import HakubePlan
package import HakubeTransport

/// Asks an etcd that somebody else runs, from the hosts that shall use it. It reads only, on the hosts and in etcd.
package struct ExternalEtcdSurvey: Sendable {
    private let endpoints: [EtcdEndpoint]
    private let credentials: EtcdCredentials
    private let prefix: String

    /// `nil` where etcd is not somebody else's, or nobody has the credentials.
    package init?(_ spec: ClusterSpec) {
        guard case .external(let etcd) = spec.etcd, let credentials = etcd.credentials else { return nil }
        endpoints = etcd.endpoints
        self.credentials = credentials
        prefix = spec.etcdPrefix
    }

    /// Every endpoint from every host, hosts side by side; what concerns etcd as a whole from the first that can say it.
    ///
    /// - Throws: `CredentialFault`, `TransportError`, `CancellationError`.
    package func reading(
        from hosts: [Host], through connection: @escaping @Sendable (Host) async throws -> any Transport
    ) async throws -> ExternalEtcdReading {
        var reading = ExternalEtcdReading()
        try await withThrowingTaskGroup(of: (HostID, [EtcdEndpoint: ExternalEtcdReading.Answer]).self) { group in
            for host in hosts {
                group.addTask {
                    let transport = try await connection(host)
                    var answers: [EtcdEndpoint: ExternalEtcdReading.Answer] = [:]
                    for endpoint in endpoints { answers[endpoint] = try await health(of: endpoint, over: transport) }
                    return (host.id, answers)
                }
            }
            for try await (host, answers) in group { reading.answers[host] = answers }
        }
        for endpoint in endpoints {
            let witness = hosts.first { host in
                if case .said = reading.answers[host.id]?[endpoint] { true } else { false }
            }
            guard let witness else { continue }
            let transport = try await connection(witness)
            let (cluster, gateway) = try await cluster(of: endpoint, over: transport)
            reading.clusters[endpoint] = cluster
            if reading.keys == nil, let gateway {
                reading.keys = try await keys(at: endpoint, gateway, over: transport)
            }
        }
        return reading
    }

    private struct Health: Decodable {
        let health: String
        let reason: String?
    }

    private struct Version: Decodable { let etcdserver: String }

    private func health(
        of endpoint: EtcdEndpoint, over transport: any Transport
    ) async throws -> ExternalEtcdReading.Answer {
        switch try await ask(.health, of: endpoint, over: transport) {
        case .silent(let reason): return .silent(reason)
        case .unasked(let reason): return .unasked(reason)
        case .answered(let answer):
            // It answers 503 when it is not well, and says so in the same words.
            guard let said = answer.decoded(Health.self) else {
                return .silent("what answers there is no etcd (HTTP status \(answer.status))")
            }
            guard said.health == "true" else { return .said(.init(isHealthy: false, reason: said.reason ?? "")) }
            var version = ""
            if case .answered(let answer) = try await ask(.version, of: endpoint, over: transport) {
                version = answer.decoded(Version.self)?.etcdserver ?? ""
            }
            return .said(.init(isHealthy: true, version: version))
        }
    }

    private struct Members: Decodable {
        struct Header: Decodable { let cluster_id: String }
        let header: Header
    }

    /// The etcd behind an endpoint, and where its JSON API is: `v3` from 3.4 on.
    private func cluster(
        of endpoint: EtcdEndpoint, over transport: any Transport
    ) async throws -> (String?, gateway: String?) {
        for gateway in ["v3", "v3beta"] {
            let outcome = try await ask(.members(gateway: gateway), of: endpoint, over: transport)
            if case .answered(let answer) = outcome, let members = answer.decoded(Members.self) {
                return (members.header.cluster_id, gateway)
            }
        }
        return (nil, nil)
    }

    private struct Count: Decodable {
        struct Header: Decodable {}
        let header: Header
        /// Left out where there is none.
        let count: String?
    }

    private func keys(at endpoint: EtcdEndpoint, _ gateway: String, over transport: any Transport) async throws -> Int?
    {
        let outcome = try await ask(.count(prefix: prefix, gateway: gateway), of: endpoint, over: transport)
        guard case .answered(let answer) = outcome, let count = answer.decoded(Count.self) else { return nil }
        return count.count.map { Int($0) ?? 0 } ?? 0
    }

    private func ask(
        _ request: EtcdRequest, of endpoint: EtcdEndpoint, over transport: any Transport
    ) async throws -> HostRelay.Outcome {
        let relay = HostRelay(
            try TLSExchange(with: endpoint, as: credentials, request: request.bytes(to: endpoint)))
        return relay.outcome(try await transport.converse(relay, with: HostRelay.script(to: endpoint)))
    }
}
