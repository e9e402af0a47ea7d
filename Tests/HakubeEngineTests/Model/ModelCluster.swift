// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import Synchronization

/// Hosts and a cluster as the steps of a plan change them: what kubeadm and etcd keep in mind, and which files stand where.
///
/// Files lie in the fake hosts. Of steps that have no part in membership only their being done is known.
final class ModelCluster: Sendable {
    struct State: Sendable, Hashable {
        /// Peer URLs, in the order in which they joined; a doubled one stands twice.
        var etcd: [String] = []
        /// Those of them that have no vote yet.
        var learners: Set<String> = []
        var nodes: [String] = []
        /// IDs of bootstrap tokens, and the certificate key that can be fetched.
        var tokens: Set<String> = []
        var certificateKey: String?
        /// Token and certificate key of the run that is under way.
        var secrets = ""
        /// Steps that were carried out to their end, by host.
        var done: [HostID: Set<String>] = [:]
        /// Acts of kubeadm that ran to their end.
        var ledger: [String] = []
        /// Of an etcd that is not on the masters: the key by which all that API servers wrote there was signed.
        var signedWith: String?
        /// Keys are made one after another, and no two are the same.
        var keysMade = 0
    }

    /// How much of a script takes effect before it is cut off.
    enum Reach: Sendable { case half, whole }

    let spec: ClusterSpec
    private let state = Mutex(State())

    init(_ spec: ClusterSpec) { self.spec = spec }

    var now: State { state.withLock { $0 } }

    func change(_ body: @Sendable (inout State) -> Void) { state.withLock { body(&$0) } }

    func host(_ id: HostID) -> HakubeModel.Host? { spec.host(id) }

    func name(_ id: HostID) -> String { spec.host(id)?.name ?? "" }

    func peerURL(_ id: HostID) -> String { "https://\(id):2380" }

    static let unfinished = "/var/lib/hakube/unfinished"
    private static let etcdJoined = "/var/lib/hakube/etcd.joined"
    static let manifests = "/etc/kubernetes/manifests"
    private static let joinFile = "/etc/hakube/kubeadm-join.yaml"

    /// What a step's script does on a host.
    ///
    /// - Returns: its exit status; a script that is cut off has none that anybody hears.
    func carryOut(_ step: Step, on id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        let word = step.id.split(separator: " ").first.map(String.init) ?? ""
        let status: Int =
            switch word {
            case "kubeadm-init": initialise(id, hosts, reach)
            case "prepare-master": prepareMaster(id, hosts, reach)
            case "etcd": joinEtcd(id, hosts, reach)
            case "etcd-ca", "etcd-certificates", "etcd-pod", "etcd-announce", "etcd-client", "etcd-servers",
                "etcd-vote":
                etcd(word, step, id, hosts, reach)
            case "control-plane": finishMaster(id, hosts, reach)
            case "kubeadm-join": joinNode(step, id, hosts, reach)
            case "credentials", "upload-certs", "withdraw-credentials": credentials(step.id, id, hosts, reach)
            case "withdraw-tokens": withdraw(reach)
            case "push": touch(id, ["/var/lib/hakube/stage"], hosts, reach)
            case "stage": remove(id, ["/var/lib/hakube/stage"], hosts, reach)
            case "root-kubeconfig": touch(id, ["/root/.kube/config"], hosts, reach)
            case "etcd-member":
                leave(step.id, reach) { [self] state, id in
                    state.etcd.removeAll { $0 == peerURL(id) }
                    state.learners.remove(peerURL(id))
                }
            case "node":
                leave(step.id, reach) { [self] state, id in state.nodes.removeAll { $0 == name(id) } }
            case "stop-kubelet": reach == .whole ? reset(id, hosts) : 0
            case "forget": forget(id, hosts, reach)
            default: 0
            }
        if status == 0 && reach == .whole && word != "forget" {
            change { _ = $0.done[id, default: []].insert(step.id) }
        }
        return status
    }

    func touch(_ id: HostID, _ paths: [String], _ hosts: FakeHosts, _ reach: Reach, _ text: String = "") -> Int {
        let count = reach == .whole ? paths.count : paths.count / 2
        for path in paths.prefix(count) { hosts[id, path] = FakeHosts.File(text) }
        return 0
    }

    private func remove(_ id: HostID, _ paths: [String], _ hosts: FakeHosts, _ reach: Reach) -> Int {
        if reach == .whole { for path in paths { hosts[id, path] = nil } }
        return 0
    }

    /// `kubeadm reset -f`: a member of etcd takes itself out; the Node object stays.
    private func reset(_ id: HostID, _ hosts: FakeHosts) -> Int {
        let url = peerURL(id)
        if spec.etcd == .stacked, hosts[id, "\(Self.manifests)/etcd.yaml"] != nil {
            change { state in
                state.etcd.removeAll { $0 == url }
                if state.etcd.isEmpty { (state.nodes, state.tokens, state.certificateKey) = ([], [], nil) }
            }
        }
        for path in hosts.files(on: id).keys where path.hasPrefix("/etc/kubernetes/") { hosts[id, path] = nil }
        return 0
    }

    private func begin(_ id: HostID, _ word: String, _ hosts: FakeHosts) {
        if hosts[id, Self.unfinished]?.text == word { _ = reset(id, hosts) }
        hosts[id, Self.unfinished] = FakeHosts.File(word)
    }

    private func initialise(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        let kept = keysToKeep(id, hosts)
        begin(id, "init", hosts)
        for (path, file) in kept { hosts[id, path] = file }
        guard hosts[id, "\(Self.manifests)/etcd.yaml"] == nil else { return 1 }
        let name = name(id)
        if spec.etcd == .stacked {
            hosts[id, "\(Self.manifests)/etcd.yaml"] = FakeHosts.File("")
            let url = peerURL(id)
            change { $0.etcd.append(url) }
        } else {
            guard writesToEtcd(id, hosts) else { return 1 }
        }
        hosts[id, "\(Self.manifests)/kube-apiserver.yaml"] = FakeHosts.File(servers)
        hosts[id, "/etc/kubernetes/pki/ca.crt"] = FakeHosts.File(CertificateAuthorityTests.elliptic)
        guard reach == .whole else { return 0 }
        let secrets = Credentials(hosts[id, "/etc/hakube/kubeadm-init.yaml"]?.text)
        for path in ["admin.conf", "kubelet.conf", "scheduler.conf"] {
            hosts[id, "/etc/kubernetes/\(path)"] = FakeHosts.File("server: https://api:6443\n")
        }
        change { state in
            state.nodes.append(name)
            state.tokens.formUnion(secrets.tokens)
            state.certificateKey = secrets.certificateKey
            state.ledger.append("init")
        }
        hosts[id, Self.keptKeys] = nil
        hosts[id, Self.unfinished] = nil
        return 0
    }

    /// A token that the cluster does not know, or a key under which nothing was uploaded, ends kubeadm.
    private func isLetIn(_ id: HostID, _ hosts: FakeHosts, needsKey: Bool) -> Bool {
        let shown = Credentials(hosts[id, Self.joinFile]?.text, hosts[id, "/etc/hakube/discovery.conf"]?.text)
        let state = now
        guard !shown.tokens.isDisjoint(with: state.tokens) else { return false }
        return !needsKey || (shown.certificateKey != nil && shown.certificateKey == state.certificateKey)
    }

    private func prepareMaster(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        begin(id, "join", hosts)
        hosts[id, Self.etcdJoined] = nil
        guard isLetIn(id, hosts, needsKey: true) else { return 1 }
        hosts[id, "/etc/kubernetes/pki/ca.crt"] = FakeHosts.File(CertificateAuthorityTests.elliptic)
        guard reach == .whole else { return 0 }
        fetchCertificates(id, hosts)
        for path in ["admin.conf", "kubelet.conf", "scheduler.conf"] {
            hosts[id, "/etc/kubernetes/\(path)"] = FakeHosts.File("server: https://api:6443\n")
        }
        return register(id)
    }

    /// The Node object of a host that joins again is its own from before.
    private func register(_ id: HostID) -> Int {
        let name = name(id)
        change { if !$0.nodes.contains(name) { $0.nodes.append(name) } }
        return 0
    }

    private func joinEtcd(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        let url = peerURL(id)
        change { if !$0.etcd.contains(url) { $0.etcd.append(url) } }
        return reach == .whole ? touch(id, ["\(Self.manifests)/etcd.yaml", Self.etcdJoined], hosts, reach) : 0
    }

    private func finishMaster(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        hosts[id, "\(Self.manifests)/kube-apiserver.yaml"] = FakeHosts.File(servers)
        guard reach == .whole else { return 0 }
        hosts[id, Self.unfinished] = nil
        change { $0.ledger.append("master \(id)") }
        return 0
    }

    private func joinNode(_ step: Step, _ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        guard case .job = step.action else { return remove(id, [Self.unfinished], hosts, reach) }
        begin(id, "join", hosts)
        guard isLetIn(id, hosts, needsKey: false) else { return 1 }
        hosts[id, "/etc/kubernetes/pki/ca.crt"] = FakeHosts.File(CertificateAuthorityTests.elliptic)
        guard reach == .whole else { return 0 }
        hosts[id, "/etc/kubernetes/kubelet.conf"] = FakeHosts.File("")
        hosts[id, Self.unfinished] = nil
        change { $0.ledger.append("node \(id)") }
        return register(id)
    }

    private func credentials(_ step: String, _ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        let secrets = Credentials(now.secrets)
        change { state in
            switch step {
            case "credentials": state.tokens.formUnion(secrets.tokens)
            case "upload-certs":
                if reach == .whole { state.certificateKey = secrets.certificateKey }
            default:
                state.certificateKey = nil
                if reach == .whole { state.tokens.subtract(secrets.tokens) }
            }
        }
        if step == "upload-certs", reach == .whole { hosts[id, "/etc/hakube/kubeadm-upload-certs.yaml"] = nil }
        return 0
    }

    private func withdraw(_ reach: Reach) -> Int {
        if reach == .whole { change { $0.tokens = [] } }
        return 0
    }

    private func leave(
        _ step: String, _ reach: Reach, _ body: @Sendable (inout State, HostID) -> Void
    ) -> Int {
        guard reach == .whole, let name = step.split(separator: " ").last else { return 0 }
        change { body(&$0, HostID(String(name))) }
        return 0
    }

    private func forget(_ id: HostID, _ hosts: FakeHosts, _ reach: Reach) -> Int {
        guard reach == .whole else { return 0 }
        for path in hosts.files(on: id).keys { hosts[id, path] = nil }
        change { $0.done[id] = nil }
        return 0
    }
}

/// Tokens and certificate keys that stand in a text.
private struct Credentials {
    let tokens: Set<String>
    let certificateKey: String?

    init(_ texts: String?...) {
        let text = texts.compactMap { $0 }.joined(separator: "\n")
        tokens = Set(text.matches(of: /\b([a-z0-9]{6})\.[a-z0-9]{16}\b/).map { String($0.1) })
        // Hashes of the CA have a name ahead of them.
        certificateKey = text.firstMatch(of: /[^:0-9a-f]([0-9a-f]{64})\b/).map { String($0.1) }
    }
}
