// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport

extension ModelCluster {
    /// What the hosts would say about themselves.
    func facts(_ hosts: FakeHosts) -> [HostID: Facts] {
        Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, facts(of: $0, hosts)) })
    }

    private func facts(of host: HakubeModel.Host, _ hosts: FakeHosts) -> Facts {
        func stands(_ path: String) -> Bool { hosts[host.id, path] != nil }
        var facts = Facts.fresh(for: host)
        facts.hostname = host.name ?? ""
        facts.hasKubeletConfig = stands("/etc/kubernetes/kubelet.conf")
        facts.clusterCADigest = stands("/etc/kubernetes/pki/ca.crt") ? "aa" : nil
        facts.staticPods = Set(["etcd", "kube-apiserver"].filter { stands("/etc/kubernetes/manifests/\($0).yaml") })
        facts.unfinished = hosts[host.id, Self.unfinished]?.text
        facts.serves =
            stands("/etc/kubernetes/admin.conf") && facts.staticPods.isSuperset(of: spec.etcdTopology.masterPods)
            && (spec.etcd != .stacked || now.etcd.contains(peerURL(host.id)))
        tellEtcd(host, hosts, &facts)
        facts.hasGuardian = stands("/etc/hakube/guardian.json")
        facts.hasTraces = now.done[host.id]?.isEmpty == false || facts.unfinished != nil
        facts.hosts = hosts[host.id, "/etc/hosts"]?.text ?? ""
        return facts
    }

    /// etcd's members as a master would list them.
    var members: [EtcdMember] {
        now.etcd.enumerated().map { index, url in
            EtcdMember(
                id: UInt64(index + 1), name: "m\(index)", peerURLs: [url], clientURLs: [], isLearner: false,
                isHealthy: true, isLeader: index == 0)
        }
    }

    /// The answer to a step's `unless`.
    func isDone(_ step: Step, on id: HostID, _ hosts: FakeHosts) -> Bool {
        let state = now
        let word = step.id.split(separator: " ").first.map(String.init) ?? ""
        let subject = HostID(step.id.split(separator: " ").last.map(String.init) ?? "")
        switch word {
        case "withdraw-credentials":
            // Of tokens that earlier runs left the model knows nothing: the run's own, and any key.
            return state.certificateKey == nil && !state.tokens.contains(String(state.secrets.prefix(6)))
        case "withdraw-tokens": return state.tokens.isEmpty
        case "etcd-vote":
            return runs(peerURL(subject), hosts) && hasMajority(hosts) && !state.learners.contains(peerURL(subject))
        case "etcd-member": return !state.etcd.contains(peerURL(subject))
        case "drain", "cordon", "node": return !state.nodes.contains(name(subject))
        default: break
        }
        if let tests = step.unless.flatMap({ FileTests($0.text) }) { return tests.hold { hosts[id, $0]?.text } }
        let isBare = state.done[id]?.isEmpty != false && hosts.files(on: id).isEmpty
        // The step of that name that comes first of all records what stands on a bare host.
        let isRecording = step.title == "record what stands here"
        if isBare && !isRecording && Self.giveBack.contains(step.id) { return true }
        return state.done[id]?.contains(step.id) == true
    }

    /// Steps that have nothing to do on a host where hakube never was.
    private static let giveBack: Set<String> = [
        "receipt", "stop-kubelet", "stop-guardian", "stop-pods", "close-firewall", "give-network", "give-files",
        "give-kernel",
        "give-units", "verify-clean", "forget",
    ]
}

/// A check that is made of test(1) alone: it is carried out as it stands.
private struct FileTests {
    private let lines: [Substring]

    init?(_ text: String) {
        lines = text.split(separator: "\n")
        let isOnlyTests = lines.allSatisfy { line in
            line.split(separator: " || ").allSatisfy { $0.wholeMatch(of: Self.test) != nil }
        }
        guard isOnlyTests else { return nil }
    }

    private static var test: Regex<(Substring, Substring?, Substring, Substring)> { /\[ (! )?-([efLs]) (\S+) \]/ }

    func hold(_ file: (String) -> String?) -> Bool {
        lines.allSatisfy { line in
            line.split(separator: " || ").contains { part in
                guard let match = part.wholeMatch(of: Self.test) else { return false }
                let found = file(String(match.3))
                let isSo = match.2 == "s" ? found?.isEmpty == false : found != nil
                return isSo != (match.1 != nil)
            }
        }
    }
}
