// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// The order of a cluster's beginning. Pure: it reads its input and returns a value.
package struct Planner: Sendable {
    package let input: PlanInput
    let state: ClusterState

    package init(_ input: PlanInput) {
        self.input = input
        state = ClusterState(input)
    }

    /// Everything from bare hosts to a verified cluster. On hosts that are done already each step finds nothing to do.
    ///
    /// With newcomers in the input it is the same way for them, into a cluster that stands.
    ///
    /// - Throws: `TemplateError`, or Yams' error for a user's document that is no YAML.
    package func initialisation() throws -> Plan {
        let hosts = [try receiptPhase(newcomers), pushPhase(), registryLoginPhase(), try preparePhase()]
        let etcd = try etcdPhases() + etcdClientPhases()
        let cluster = [
            try firstMasterPhase(),
            try joinPhase(),
            try certificatePhase(),
            etcdServersPhase(),
            try settlePhase(),
            try recordPhase(on: state.lead),
            verifyPhase(),
        ]
        return plan(hosts + etcd + cluster + [dnsPhase()].compactMap { $0 })
    }

    func plan(_ phases: [Phase]) -> Plan {
        Plan(cluster: spec.name, kubernetes: spec.kubernetes, phases: phases.filter { !$0.lanes.isEmpty })
    }

    var spec: ClusterSpec { input.spec }
    /// Members that can be reached and hosts that shall be members.
    var masters: [Host] { spec.masters.filter { !input.absent.contains($0.id) } }
    var nodes: [Host] { spec.nodes.filter { !input.absent.contains($0.id) } }
    var etcdHosts: [Host] { spec.etcd.hosts.filter { !input.absent.contains($0.id) } }
    /// Hosts that are made members from the ground up.
    var newcomers: [Host] { (masters + nodes + etcdHosts).filter { input.isNewcomer($0) } }
    var kubeadm: KubeadmFiles { KubeadmFiles(input: input) }
    var nodeFiles: NodeFiles { NodeFiles(input: input) }
    var strategy: any EndpointStrategy { input.strategy }

    /// The cluster as its record had it when the facts were read: by it hakube knows what it gave nodes and cluster before.
    var formerSpec: ClusterSpec? {
        guard let record = input.facts(of: state.lead).record, record.cluster == spec.name else { return nil }
        return record.spec()
    }

    /// On a master, with the admin's rights.
    var kubectl: String { "kubectl --kubeconfig \(HostPath.adminKubeconfig)" }

    /// The member of a host, for scripts on that very host.
    func etcd(of host: Host) -> EtcdControl {
        host.role == .etcd
            ? EtcdControl(on: host, kubernetes: spec.kubernetes)
            : EtcdControl(host, node: input.nodeName(of: host), kubernetes: spec.kubernetes)
    }

    /// Lanes side by side, as wide as the user allows.
    func together(_ id: String, _ title: String, _ lanes: [Lane]) -> Phase {
        Phase(id: id, title: title, order: .together(max: input.parallel), lanes: lanes.filter { !$0.steps.isEmpty })
    }
}

/// What the facts say about a cluster that may stand already.
struct ClusterState: Sendable {
    /// The master that others join through: any that serves, else the first of the inventory.
    let lead: Host
    /// True when no master serves yet and `kubeadm init` has to make the cluster.
    let isNew: Bool
    /// Hosts that have yet to join.
    let joining: [Host]
    private let joiningIDs: Set<HostID>

    init(_ input: PlanInput) {
        let spec = input.spec
        let present = spec.masters.filter { !input.absent.contains($0.id) }
        let serving = present.filter { input.facts(of: $0).serves && input.facts(of: $0).unfinished == nil }
        let chosen = serving.first { !input.isNewcomer($0) } ?? serving.first ?? present.first ?? spec.masters[0]
        lead = chosen
        isNew = serving.isEmpty
        let masterPods = spec.etcdTopology.masterPods
        let joining = spec.kubernetesHosts.filter { host in
            input.isNewcomer(host) && !input.absent.contains(host.id) && host.id != chosen.id
                && !Self.hasJoined(host, input.facts(of: host), masterPods)
        }
        self.joining = joining
        joiningIDs = Set(joining.map(\.id))
    }

    func isJoining(_ host: Host) -> Bool { joiningIDs.contains(host.id) }

    /// A worker has joined once its kubelet has credentials of its own; what `kubeadm join` does after that is nothing that
    /// matters. A master has only when its last part has ended.
    private static func hasJoined(_ host: Host, _ facts: Facts, _ masterPods: Set<String>) -> Bool {
        guard facts.hasKubeletConfig else { return false }
        if host.role == .node { return true }
        return facts.unfinished == nil && facts.staticPods.isSuperset(of: masterPods)
    }
}
