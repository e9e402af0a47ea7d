// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import FoundationEssentials

/// The JSON form of a cluster's record. Keys once written stay; new ones are optional, so that an older hakube reads on.
struct ClusterDocument: Codable {
    struct EndpointEntry: Codable {
        let name: String
        let port: Int
        /// `nil`: hakube has no say in what the name means.
        let vip: String?
        let guardian: String?
        /// `nil`: guardian.
        let strategy: String?
        let serverPort: Int?
        let interface: String?
        let virtualRouterID: Int?
        let bgp: RoutingEntry?
    }

    struct RoutingEntry: Codable {
        let autonomousSystem: UInt32
        /// Each `address=AS`.
        let peers: [String]
    }

    struct NetworkEntry: Codable {
        let podSubnets: [String]
        let serviceSubnets: [String]
        let dnsDomain: String
        let proxyMode: String
    }

    struct HostEntry: Codable {
        let id: String
        let role: String
        let sshAddress: String
        let user: String?
        let port: Int?
        let key: String?
        let bastion: String?
        let address: String
        let name: String?
        let labels: [String: String]?
        /// `nil`: kubeadm's own choice.
        let taints: [TaintEntry]?
        /// Labels and taints were found by `hakube adopt`.
        let adopted: Bool?
    }

    struct RegistryEntry: Codable {
        let host: String
        let endpoints: [String]
        let ca: String?
        let skipVerify: Bool
        /// The password stays on the hosts.
        let username: String?
    }

    struct EtcdEntry: Codable {
        let endpoints: [String]
    }

    struct DNSEntry: Codable {
        let replicas: String?
        let on: String?
    }

    struct PoolEntry: Codable {
        let namespace: String
        let ranges: [String]
    }

    struct TaintEntry: Codable {
        let key: String
        let value: String?
        let effect: String
    }

    let format: Int
    let hakube: String
    let cluster: String
    let kubernetes: String
    let endpoint: EndpointEntry
    let network: NetworkEntry
    let imageRepository: String
    let certSANs: [String]
    let kubeadm: [String]
    let registries: [RegistryEntry]?
    /// An etcd that somebody else runs; hosts of its own are among the hosts.
    let etcd: EtcdEntry?
    let dns: DNSEntry?
    let servicePools: [PoolEntry]?
    /// Masters first, in the order of the specification.
    let hosts: [HostEntry]

    init(_ spec: ClusterSpec, hakube: String, keepsKeys: Bool) {
        // What every hakube reads rightly keeps the number that every hakube knows.
        let isPlain = spec.endpoint.kind == .guardian && spec.etcd == .stacked
        format = isPlain ? 1 : ClusterRecord.currentFormat
        if case .external(let external) = spec.etcd {
            etcd = EtcdEntry(endpoints: external.endpoints.map(\.description))
        } else {
            etcd = nil
        }
        self.hakube = hakube
        cluster = spec.name
        kubernetes = spec.kubernetes.description
        endpoint = EndpointEntry(spec.endpoint)
        network = NetworkEntry(
            podSubnets: spec.podSubnets.map(\.description), serviceSubnets: spec.serviceSubnets.map(\.description),
            dnsDomain: spec.dnsDomain, proxyMode: spec.proxyMode.rawValue)
        imageRepository = spec.imageRepository
        certSANs = spec.extraCertSANs
        kubeadm = spec.kubeadmDocuments
        let entries = spec.registries.map {
            RegistryEntry(
                host: $0.host, endpoints: $0.endpoints, ca: $0.ca, skipVerify: $0.skipVerify,
                username: $0.login?.username)
        }
        registries = entries.isEmpty ? nil : entries
        dns = spec.dns.map { DNSEntry(replicas: $0.replicas?.description, on: $0.isOnMasters ? "masters" : nil) }
        let pools = spec.servicePools.map { PoolEntry(namespace: $0.namespace, ranges: $0.ranges.map(\.ends)) }
        servicePools = pools.isEmpty ? nil : pools
        hosts = spec.hosts.map { host in
            HostEntry(
                id: host.id.description, role: host.role.rawValue, sshAddress: host.sshAddress, user: host.access.user,
                port: host.access.port, key: keepsKeys ? host.access.keyPath : nil,
                bastion: host.access.bastions.map(Bastion.text), address: host.address.description,
                name: host.name, labels: host.labels.isEmpty ? nil : host.labels,
                taints: host.taints?.map {
                    TaintEntry(key: $0.key, value: $0.value.isEmpty ? nil : $0.value, effect: $0.effect.rawValue)
                }, adopted: spec.adopted.contains(host.id) ? true : nil)
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

extension ClusterDocument {
    private struct Header: Decodable {
        let format: Int
        let hakube: String?
    }

    init(json: String) throws(ClusterRecordError) {
        let data = Data(json.utf8)
        // The format first: a newer document need not have the form of this one.
        guard let header = try? JSONDecoder().decode(Header.self, from: data) else {
            throw Self.refused("it is no JSON object with a format number")
        }
        guard header.format <= ClusterRecord.currentFormat else {
            throw ClusterRecordError(
                "the cluster's record has format \(header.format), written by hakube \(header.hakube ?? "of unknown version"), "
                    + "and this hakube \(HakubeVersion.current) knows formats up to \(ClusterRecord.currentFormat)",
                remedy: "use a hakube as new as that one")
        }
        do { self = try JSONDecoder().decode(ClusterDocument.self, from: data) } catch {
            throw Self.refused(Self.words(error))
        }
    }

    /// - Throws: `ClusterRecordError` when a value is none that hakube writes.
    func spec() throws(ClusterRecordError) -> ClusterSpec {
        var hosts: [Host] = []
        for entry in self.hosts { hosts.append(try host(entry)) }
        let masters = hosts.filter { $0.role == .master }
        guard !masters.isEmpty else { throw Self.refused("it has no master") }
        guard Set(hosts.map(\.id)).count == hosts.count else { throw Self.refused("a host stands in it twice") }
        return ClusterSpec(
            name: cluster, kubernetes: try Self.value("kubernetes", kubernetes, KubernetesVersion.init),
            masters: masters, nodes: hosts.filter { $0.role == .node },
            endpoint: try endpoint.value(),
            podSubnets: try blocks("network.podSubnets", network.podSubnets),
            serviceSubnets: try blocks("network.serviceSubnets", network.serviceSubnets),
            dnsDomain: network.dnsDomain, imageRepository: imageRepository, extraCertSANs: certSANs,
            proxyMode: try Self.value("network.proxyMode", network.proxyMode, ClusterSpec.ProxyMode.init),
            kubeadmDocuments: kubeadm,
            registries: (registries ?? []).map {
                Registry(
                    host: $0.host, endpoints: $0.endpoints, ca: $0.ca, skipVerify: $0.skipVerify,
                    login: $0.username.map { RegistryLogin(username: $0) })
            }, dns: try clusterDNS(), servicePools: try pools(),
            adopted: Set(self.hosts.filter { $0.adopted == true }.map { HostID($0.id) }),
            etcd: try placement(hosts.filter { $0.role == .etcd }))
    }

    private func placement(_ hosts: [Host]) throws(ClusterRecordError) -> Etcd {
        guard let etcd else { return hosts.isEmpty ? .stacked : .hosts(hosts) }
        guard hosts.isEmpty else { throw Self.refused("it has hosts for etcd and an etcd elsewhere") }
        guard !etcd.endpoints.isEmpty else { throw Self.refused("`etcd.endpoints` is empty") }
        var endpoints: [EtcdEndpoint] = []
        for text in etcd.endpoints { endpoints.append(try Self.value("etcd.endpoints", text, EtcdEndpoint.init)) }
        return .external(ExternalEtcd(endpoints: endpoints))
    }

    private func clusterDNS() throws(ClusterRecordError) -> ClusterDNS? {
        guard let dns else { return nil }
        let replicas = try dns.replicas.map { text throws(ClusterRecordError) in
            try Self.value("dns.replicas", text, ClusterDNS.Replicas.init)
        }
        return ClusterDNS(replicas: replicas, isOnMasters: dns.on == "masters")
    }

    private func pools() throws(ClusterRecordError) -> [ServicePool] {
        var pools: [ServicePool] = []
        for entry in servicePools ?? [] {
            var ranges: [AddressRange] = []
            for text in entry.ranges { ranges.append(try Self.value("servicePools.ranges", text, AddressRange.init)) }
            pools.append(ServicePool(namespace: entry.namespace, ranges: ranges))
        }
        return pools
    }

    private func host(_ entry: HostEntry) throws(ClusterRecordError) -> Host {
        var taints: [Taint]?
        if let entries = entry.taints {
            var found: [Taint] = []
            for taint in entries {
                let effect = try Self.value("taints.effect", taint.effect, Taint.Effect.init)
                found.append(Taint(key: taint.key, value: taint.value ?? "", effect: effect))
            }
            taints = found
        }
        return Host(
            id: HostID(entry.id), role: try Self.value("hosts.role", entry.role, Role.init),
            sshAddress: entry.sshAddress, access: try access(entry),
            address: try Self.value("hosts.address", entry.address, IPAddress.init), name: entry.name,
            labels: entry.labels ?? [:], taints: taints)
    }

    private func access(_ entry: HostEntry) throws(ClusterRecordError) -> SSHAccess {
        let bastions = try entry.bastion.map { text throws(ClusterRecordError) in
            try Self.value("hosts.bastion", text) { Bastion.list($0, place: "").bastions }
        }
        return SSHAccess(user: entry.user, port: entry.port, keyPath: entry.key, bastions: bastions)
    }

    private func blocks(_ key: String, _ texts: [String]) throws(ClusterRecordError) -> [CIDR] {
        guard !texts.isEmpty else { throw Self.refused("`\(key)` is empty") }
        var blocks: [CIDR] = []
        for text in texts { blocks.append(try Self.value(key, text, CIDR.init)) }
        return blocks
    }

    static func value<Value>(
        _ key: String, _ text: String, _ parse: (String) -> Value?
    ) throws(ClusterRecordError) -> Value {
        guard let value = parse(text) else { throw refused("`\(key)` is `\(text)`") }
        return value
    }

    static func refused(_ reason: String) -> ClusterRecordError {
        ClusterRecordError(
            "the cluster's record cannot be read: \(reason)", remedy: "rebuild it with 'hakube adopt --from ADDRESS'")
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "`\(key.stringValue)` is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "`\(context.codingPath.map(\.stringValue).joined(separator: "."))` has the wrong form"
        default: "it is damaged"
        }
    }
}
