// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport

/// An etcd that is not on the masters, as its steps and kubeadm change it.
extension ModelCluster {
    private static let pki = "/etc/kubernetes/pki"
    private static let clientFiles = ["etcd/ca.crt", "apiserver-etcd-client.crt", "apiserver-etcd-client.key"].map {
        "\(pki)/\($0)"
    }
    private static let configuration = "/etc/hakube/kubeadm-etcd.yaml"
    private static let list = "/var/lib/hakube/etcd-members"

    /// What an API server's manifest says of etcd.
    var servers: String { (spec.etcdTopology.endpoints ?? []).map(\.description).joined(separator: ",") }

    func etcd(_ word: String, _ step: Step, _ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        switch word {
        case "etcd-ca": makeAuthority(id, hosts, reach)
        case "etcd-certificates": makeCertificates(id, hosts, reach)
        case "etcd-pod": startMember(id, hosts, reach)
        case "etcd-announce": announce(step, id, hosts, reach)
        case "etcd-vote": vote(id, hosts, reach)
        case "etcd-client": touch(id, Array(Self.clientFiles.suffix(2)), hosts, reach, "client")
        case "etcd-servers": touch(id, ["\(Self.manifests)/kube-apiserver.yaml"], hosts, reach, wanted(step))
        default: 0
        }
    }

    private func nextKey() -> String {
        change { $0.keysMade += 1 }
        return "key \(now.keysMade)"
    }

    /// kubeadm writes the key first.
    private func makeAuthority(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        let key = nextKey()
        hosts[id, "\(Self.pki)/etcd/ca.crt"] = nil
        hosts[id, "\(Self.pki)/etcd/ca.key"] = FakeHosts.File(key)
        if reach == .whole { hosts[id, "\(Self.pki)/etcd/ca.crt"] = FakeHosts.File("of \(key)") }
        return 0
    }

    /// Only a whole CA signs.
    private func makeCertificates(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        guard let key = hosts[id, "\(Self.pki)/etcd/ca.key"]?.text.trimmed,
            hosts[id, "\(Self.pki)/etcd/ca.crt"]?.text.trimmed == "of \(key)"
        else { return 1 }
        let names = ["server", "peer", "healthcheck-client"].flatMap { ["\($0).key", "\($0).crt"] }
        return touch(id, names.map { "\(Self.pki)/etcd/\($0)" }, hosts, reach, "by \(key)")
    }

    /// Who begins an etcd counts all whom it was told of; who comes later has to be counted already.
    private func startMember(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        guard let text = hosts[id, Self.configuration]?.text, hosts[id, "\(Self.pki)/etcd/peer.crt"] != nil,
            let peers = text.firstMatch(of: /initial-cluster\W+(?:value: )?"?(\S+?=https:[^"\s]+)/)
        else { return 1 }
        let urls = peers.1.split(separator: ",").compactMap { $0.split(separator: "=").last.map(String.init) }
        let joins = text.contains("existing")
        guard urls.contains(peerURL(id)), !joins || Set(urls) == Set(now.etcd) else { return 1 }
        guard reach == .whole else { return 0 }
        if !joins { change { if $0.etcd.isEmpty { $0.etcd = urls } } }
        guard now.etcd.contains(peerURL(id)) else { return 1 }
        return touch(id, ["\(Self.manifests)/etcd.yaml"], hosts, reach, String(peers.1))
    }

    /// The list first: with another voter that has yet to start etcd may have no majority, and lists nobody.
    private func announce(_ step: Step, _ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        guard hasMajority(hosts), case .run(let script) = step.action else { return 1 }
        let url = peerURL(HostID(String(step.id.split(separator: " ").last ?? "")))
        let urls = now.etcd + (now.etcd.contains(url) ? [] : [url])
        let members = urls.map { url in "\(memberName(url))=\(url)" }.joined(separator: ",")
        _ = touch(id, [Self.list], hosts, .whole, members)
        guard reach == .whole else { return 0 }
        change { state in
            guard !state.etcd.contains(url) else { return }
            state.etcd.append(url)
            if script.text.contains("--learner") { state.learners.insert(url) }
        }
        return 0
    }

    /// A learner that runs has soon caught up.
    private func vote(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        guard hasMajority(hosts), runs(peerURL(id), hosts) else { return 1 }
        let url = peerURL(id)
        if reach == .whole { change { $0.learners.remove(url) } }
        return 0
    }

    private func wanted(_ step: Step) -> String {
        guard case .run(let script) = step.action,
            let match = script.text.firstMatch(of: /\\1(https:[^|]+)\|/)
        else { return "" }
        return String(match.1)
    }

    private func memberName(_ url: String) -> String {
        spec.etcd.hosts.first { EtcdMember.peerURL(of: $0) == url }?.name ?? ""
    }

    func runs(_ url: String, _ hosts: FakeHosts) -> Bool {
        spec.etcd.hosts.contains {
            EtcdMember.peerURL(of: $0) == url && hosts[$0.id, "\(Self.manifests)/etcd.yaml"] != nil
        }
    }

    func hasMajority(_ hosts: FakeHosts) -> Bool {
        let voters = now.etcd.filter { !now.learners.contains($0) }
        return voters.count { runs($0, hosts) } > voters.count / 2
    }

    /// As one of them would list them; `nil` without a majority.
    func etcdMembers(_ hosts: FakeHosts) -> [EtcdMember]? {
        guard hasMajority(hosts) else { return nil }
        let founders = Set(
            spec.etcd.hosts.compactMap { hosts[$0.id, "\(Self.manifests)/etcd.yaml"]?.text }.flatMap {
                $0.split(separator: ",").compactMap { $0.split(separator: "=").last.map(String.init) }
            })
        return now.etcd.enumerated().map { index, url in
            let isUp = runs(url, hosts)
            return EtcdMember(
                id: UInt64(index + 1), name: isUp || founders.contains(url) ? memberName(url) : "", peerURLs: [url],
                clientURLs: isUp ? ["client"] : [], isLearner: now.learners.contains(url), isHealthy: isUp,
                isLeader: index == 0)
        }
    }

    static let keptKeys = "/var/lib/hakube/keys"

    /// What an init that begins anew must not lose: by what it is let into etcd, and by what it signed there.
    func keysToKeep(_ id: HostID, _ hosts: FakeHosts) -> [(String, FakeHosts.File)] {
        guard spec.etcd != .stacked else { return [] }
        let isUsed = hosts[id, "\(Self.manifests)/kube-apiserver.yaml"] != nil
        if isUsed, hosts[id, Self.keptKeys] == nil { hosts[id, Self.keptKeys] = hosts[id, "\(Self.pki)/sa.key"] }
        return Self.clientFiles.compactMap { path in hosts[id, path].map { (path, $0) } }
            + [hosts[id, Self.keptKeys].map { ("\(Self.pki)/sa.key", $0) }].compactMap { $0 }
    }

    /// kubeadm lends joining masters what the others show to etcd.
    func fetchCertificates(_ id: HostID, _ hosts: FakeHosts) {
        guard spec.etcd != .stacked else { return }
        for path in Self.clientFiles {
            hosts[id, path] = hosts[id, path] ?? spec.masters.lazy.compactMap { hosts[$0.id, path] }.first
        }
    }

    /// An API server that is let in; what was signed with another key is of no use to it.
    func writesToEtcd(_ id: HostID, _ hosts: FakeHosts) -> Bool {
        guard Self.clientFiles.allSatisfy({ hosts[id, $0] != nil }), spec.etcd.isExternal || hasMajority(hosts) else {
            return false
        }
        let key = hosts[id, "\(Self.pki)/sa.key"]?.text ?? nextKey()
        hosts[id, "\(Self.pki)/sa.key"] = FakeHosts.File(key)
        change { $0.signedWith = $0.signedWith ?? key }
        return now.signedWith == key
    }

    func tellEtcd(_ host: HakubeModel.Host, _ hosts: FakeHosts, _ facts: inout Facts) {
        facts.etcdCluster = hosts[host.id, Self.configuration] == nil ? nil : spec.name
        facts.etcdCADigest = hosts[host.id, "\(Self.pki)/etcd/ca.crt"]?.text.trimmed
        let hasKey = hosts[host.id, "\(Self.pki)/etcd/ca.key"] != nil
        facts.hasEtcdCAKey = hasKey && facts.etcdCADigest != nil
        facts.etcdPeers = hosts[host.id, "\(Self.manifests)/etcd.yaml"]?.text
        facts.etcdServers = hosts[host.id, "\(Self.manifests)/kube-apiserver.yaml"]?.text
    }
}

extension String {
    fileprivate var trimmed: String { filter { $0 != "\n" } }
}
