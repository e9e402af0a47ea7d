// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// Makes the specification of a cluster from the cluster itself. Pure: answers in, specification or problems out.
struct Adoption: Sendable {
    /// What a serving master says.
    let answer: ClusterAnswer
    /// The host behind `--from`, with the login that reached it.
    let from: Host
    let login: SSHAccess
    /// What hosts show, by the node's name; those that could not be asked are missing.
    var clues: [String: HostClues]
    /// What the operator says where the cluster does not.
    var vip: IPAddress?

    struct Result: Sendable {
        let spec: ClusterSpec
        /// What an operator has to know, in sentences.
        let notes: [String]
    }

    /// - Throws: `PreflightError` with what cannot be known, `ClusterRecordError` for a record that cannot be read.
    ///
    /// Not inlined: the optimizer of Swift 6.3.1 crashes over its typed errors inside an async caller.
    @inline(never)
    func result() throws -> Result {
        guard let text = answer.record else { return try withoutRecord() }
        return compared(try ClusterRecord(json: text))
    }

    /// Every node of the cluster as a host.
    var hosts: [Host] { answer.nodes.compactMap(host) }

    // MARK: - With a record

    private func compared(_ record: ClusterRecord) -> Result {
        let spec = record.spec(login: login)
        var notes: [String] = []
        func isOf(_ node: ClusterNode, _ host: Host) -> Bool {
            host.name == node.name || node.addresses.contains(host.address)
        }
        let strangers = answer.nodes.filter { node in !spec.hosts.contains { isOf(node, $0) } }
        var added: [Host] = []
        for node in strangers {
            guard let host = host(node) else {
                notes.append("the node \(node.name) has no address of its own, and is left out of the record")
                continue
            }
            added.append(host)
            notes.append(
                "the cluster has the \(host.role.rawValue) \(node.name) (\(host.address)), which the record lacked; it is in it now"
            )
        }
        for host in spec.hosts {
            guard let node = answer.nodes.first(where: { isOf($0, host) }) else {
                notes.append(
                    "the record has \(host.id), and the cluster has no node of it; it stays: join it again, "
                        + "or take it out with 'hakube clean'")
                continue
            }
            if node.isMaster != (host.role == .master) {
                notes.append(
                    "the record says that \(host.id) is a \(host.role.rawValue), and the cluster says otherwise")
            }
        }
        return Result(
            spec: spec.with(
                masters: spec.masters + added.filter { $0.role == .master },
                nodes: spec.nodes + added.filter { $0.role == .node },
                adopted: spec.adopted.union(added.map(\.id))), notes: notes)
    }

    // MARK: - Without one

    private func withoutRecord() throws -> Result {
        let own = try? Yams.compose(yaml: answer.kubeadm)
        var problems: [Problem] = []
        func refuse(_ message: String, _ remedy: String) {
            problems.append(Problem(place: from.id.description, message: message, remedy: remedy))
        }
        guard let own, own.mapping != nil else {
            refuse(
                "the cluster has no ConfigMap kubeadm-config, so kubeadm did not make it",
                "hakube adopts clusters of kubeadm's only")
            throw PreflightError(problems: problems)
        }
        let version = own["kubernetesVersion"]?.string.flatMap { KubernetesVersion($0) }
        if version == nil { refuse("kubeadm-config names no release", "set kubernetesVersion in that ConfigMap") }
        let (name, port) = endpoint(own)
        if name == nil {
            let standing = own["controlPlaneEndpoint"]?.string ?? ""
            refuse(
                standing.isEmpty
                    ? "the cluster has no controlPlaneEndpoint"
                    : "the cluster's endpoint \(standing) is not a DNS name",
                "hakube keeps clusters whose hosts reach the API server by a name")
        }
        let subnets = ["podSubnet", "serviceSubnet"].map { key -> [CIDR] in
            let text = own["networking"]?[key]?.string ?? (key == "serviceSubnet" ? "10.96.0.0/12" : "")
            return text.split(separator: ",").compactMap { CIDR(String($0)) }
        }
        if subnets[0].isEmpty {
            refuse("kubeadm-config names no pod subnet", "set networking.podSubnet in that ConfigMap")
        }
        let hosts = self.hosts
        let address = self.vip ?? name.flatMap { found(vip: $0, own, hosts) }
        if name != nil, address == nil {
            refuse("nothing says which address means the API server on workers", "say it with --vip ADDRESS")
        }
        guard let version, let name, let address, problems.isEmpty else { throw PreflightError(problems: problems) }
        let block = clues.values.lazy.compactMap { $0.block(for: name) }.first
        let hasUnit = clues.values.contains(where: \.hasGuardianUnit)
        let spec = ClusterSpec(
            name: block?.cluster ?? own["clusterName"]?.string ?? "kubernetes", kubernetes: version,
            masters: hosts.filter { $0.role == .master }, nodes: hosts.filter { $0.role == .node },
            endpoint: Endpoint(name: name, port: port, vip: address, guardian: hasUnit ? .systemd : .pod),
            podSubnets: subnets[0], serviceSubnets: subnets[1],
            dnsDomain: own["networking"]?["dnsDomain"]?.string ?? "cluster.local",
            imageRepository: own["imageRepository"]?.string ?? "registry.k8s.io",
            extraCertSANs: names(own).filter { !ownNames(name, address, hosts).contains($0) }, proxyMode: proxyMode,
            adopted: Set(hosts.map(\.id)), etcd: etcd(own))
        return Result(spec: spec, notes: notes(block != nil))
    }

    private func endpoint(_ own: Node) -> (String?, Int) {
        let text = own["controlPlaneEndpoint"]?.string ?? ""
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first, IPAddress(String(name)) == nil, Naming.isDNSName(name) else {
            return (nil, Endpoint.defaultPort)
        }
        return (
            String(name),
            parts.count == 2 ? Naming.port(String(parts[1])) ?? Endpoint.defaultPort : Endpoint.defaultPort
        )
    }

    /// Hosts on which somebody made etcd are nobody's that hakube could know.
    private func etcd(_ own: Node) -> Etcd {
        let endpoints = own["etcd"]?["external"]?["endpoints"]?.array().compactMap {
            $0.string.flatMap(EtcdEndpoint.init)
        }
        return endpoints.map { $0.isEmpty ? .stacked : .external(ExternalEtcd(endpoints: $0)) } ?? .stacked
    }

    private func names(_ own: Node) -> [String] {
        own["apiServer"]?["certSANs"]?.sequence?.compactMap(\.string) ?? []
    }

    private func ownNames(_ name: String, _ vip: IPAddress, _ hosts: [Host]) -> Set<String> {
        Set(["127.0.0.1", "localhost", name, vip.description] + hosts.map(\.address.description))
    }

    /// What a worker's guardian guards, else what the name means on a worker, else the one address in the certificates that
    /// is no host's.
    private func found(vip name: String, _ own: Node, _ hosts: [Host]) -> IPAddress? {
        let workers = answer.nodes.filter { !$0.isMaster }.compactMap { clues[$0.name] }
        if let address = workers.lazy.compactMap(\.virtual).first { return address }
        let addresses = Set(hosts.map(\.address))
        let meanings = workers.lazy.compactMap { $0.block(for: name)?.address }
        if let address = meanings.first(where: { !addresses.contains($0) }) { return address }
        let others = names(own).compactMap { IPAddress($0) }.filter { !addresses.contains($0) && $0.unusable == nil }
        return others.count == 1 ? others[0] : nil
    }

    private var proxyMode: ClusterSpec.ProxyMode {
        let mode = (try? Yams.compose(yaml: answer.proxy))?["mode"]?.string ?? ""
        return ClusterSpec.ProxyMode(rawValue: mode) ?? .iptables
    }

    private func notes(_ hasBlock: Bool) -> [String] {
        var notes = [
            "documents for kubeadm that the cluster was made with are not known any more; what they said about the whole "
                + "cluster stands in the cluster itself"
        ]
        if !hasBlock { notes.append("no host has hakube's block in /etc/hosts; 'hakube status' shows what is missing") }
        let silent = answer.nodes.filter { clues[$0.name] == nil }.map(\.name)
        if !silent.isEmpty { notes.append("could not be asked: \(silent.joined(separator: ", "))") }
        return notes
    }

    /// A node as a host: where ssh reaches it is not known beyond its own address.
    private func host(_ node: ClusterNode) -> Host? {
        guard let address = node.addresses.first else { return nil }
        let isFrom =
            node.name == answer.hostname.lowercased() || node.addresses.contains { $0.description == from.sshAddress }
        let target = isFrom ? from.sshAddress : address.description
        var access = isFrom ? from.access : login
        if access.user == nil { access.user = from.access.user }
        return Host(
            id: HostID(target), role: node.isMaster ? .master : .node, sshAddress: target, access: access,
            address: address, name: node.name, labels: node.ownLabels, taints: node.ownTaints)
    }
}

extension ClusterNode {
    private static func isSystem(_ key: String) -> Bool {
        let prefix = key.split(separator: "/").first ?? ""
        return key.contains("/") && ["kubernetes.io", "k8s.io"].contains { prefix == $0 || prefix.hasSuffix(".\($0)") }
    }

    /// Labels that an operator gave.
    fileprivate var ownLabels: [String: String] { labels.filter { !Self.isSystem($0.key) } }

    /// Taints that an operator gave; `nil` for kubeadm's own choice.
    fileprivate var ownTaints: [Taint]? {
        let given = taints.sorted().compactMap(Taint.init(kubectl:))
        let roles = given.filter { $0.key.hasPrefix("node-role.kubernetes.io/") }
        let own = given.filter { !Self.isSystem($0.key) }
        let isUsual = isMaster == !roles.isEmpty
        return own.isEmpty && isUsual ? nil : roles + own
    }
}

extension Taint {
    /// `key=value:Effect` or `key:Effect`.
    fileprivate init?(kubectl text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let effect = Effect(rawValue: String(text[text.index(after: colon)...]))
        else { return nil }
        let parts = text[..<colon].split(separator: "=", maxSplits: 1).map(String.init)
        guard let key = parts.first else { return nil }
        self.init(key: key, value: parts.count == 2 ? parts[1] : "", effect: effect)
    }
}
