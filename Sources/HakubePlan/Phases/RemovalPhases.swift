// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// Hosts leave a cluster that goes on: pods first, then the lists, then etcd, then the host itself.
    ///
    /// The input's specification is that of the cluster with the hosts that leave.
    ///
    /// - Throws: `TemplateError`.
    package func removal(_ removal: Removal) throws -> Plan {
        removal.isWhole ? try ending(removal) : try departure(removal)
    }

    private func departure(_ removal: Removal) throws -> Plan {
        let out = removal.absent.union(removal.dead)
        let rest = Planner(
            PlanInput(
                spec: spec.without(Set(removal.leaving)), facts: input.facts, bundle: input.bundle,
                parallel: input.parallel, newcomers: [], absent: out, etcdMembers: removal.members))
        let lead = rest.state.lead
        let leaving = spec.hosts.filter(removal.leaves)
        let nodes = leaving.filter { $0.role != .etcd }
        let masters = nodes.filter { $0.role == .master }
        return plan([
            together("drain", "Move pods away", [Lane(host: lead.id, steps: nodes.map { drainStep($0, removal) })]),
            // Before the others forget them: who hears nobody any more keeps the address, whatever its own check says.
            together("address", "Let the address go", addressLanes(masters.filter { !out.contains($0.id) })),
            together(
                "lists", "Tell the others which masters stay", masters.isEmpty ? [] : try rest.listLanes()),
            together(
                "etcd-list", "Keep which members etcd has",
                nodes.count == leaving.count || spec.etcdTopology.wantedEndpoints == nil
                    ? [] : [Lane(host: lead.id, steps: rest.certificateNamesStep)]),
            rest.etcdServersPhase(),
            together("etcd", "Leave etcd", etcdLanes(removal, through: rest)),
            together("clean", "Give the hosts back", try cleaning(leaving.filter { !out.contains($0.id) })),
            together("leave", "Leave the cluster", [Lane(host: lead.id, steps: nodes.map(nodeStep))]),
            together(
                "firewall", "Close the firewalls to them",
                try (rest.masters + rest.nodes + rest.etcdHosts).map {
                    Lane(host: $0.id, steps: try rest.firewallSteps($0))
                }),
            together("settle", "Settle the cluster", [Lane(host: lead.id, steps: statusSteps(masters, of: lead))]),
            try rest.recordPhase(on: lead),
            together(
                "verify", "Verify the cluster",
                [Lane(host: lead.id, steps: masters.isEmpty ? [] : [kubeconfigStep(lead)])]
                    + rest.nodes.map { Lane(host: $0.id, steps: [rest.strategy.reachable(from: $0)]) }),
        ])
    }

    /// What may hold the address ends on masters that leave.
    private func addressLanes(_ leaving: [Host]) -> [Lane] {
        guard spec.endpoint.floating != nil else { return [] }
        let pods = [
            ConfiguredPod.removal(KeepalivedPod.name, folder: KeepalivedPod.folder),
            ConfiguredPod.removal(KubeVIPStrategy.name, folder: nil),
        ]
        return leaving.map { Lane(host: $0.id, steps: pods) }
    }

    /// What balances or moves an address learns which masters there are.
    private func listLanes() throws -> [Lane] {
        try nodes.map { Lane(host: $0.id, steps: try strategy.lists($0)) }
            + masters.map { Lane(host: $0.id, steps: try strategy.front(on: $0) + strategy.standing(on: $0)) }
    }

    /// The members of the hosts that leave, through one that stays.
    private func etcdLanes(_ removal: Removal, through rest: Planner) -> [Lane] {
        let topology = spec.etcdTopology
        let lead = topology.isStacked ? rest.state.lead : rest.etcdState.lead
        guard let lead else { return [] }
        let membership = EtcdDeparture(lead: lead, control: etcd(of: lead), members: removal.members ?? [])
        // The dead first: etcd changes nothing while it would have no majority after it.
        let leaving = topology.hosts.filter(removal.leaves)
        let isAlive = { (host: Host) in EtcdMember.isHealthy(on: host, in: removal.members) }
        let order = leaving.filter { !isAlive($0) } + leaving.filter(isAlive)
        return order.isEmpty ? [] : [Lane(host: lead.id, steps: order.flatMap(membership.steps))]
    }

    /// Workers before masters: what still runs on them may want to end in order. Last of all goes what they wrote to.
    private func ending(_ removal: Removal) throws -> Plan {
        let present = { (host: Host) in removal.leaves(host) && !removal.dead.contains(host.id) }
        return plan([
            together("backup", "Keep keys and data", backupLanes(removal)),
            together("clean-nodes", "Give the workers back", try cleaning(spec.nodes.filter(present))),
            together("clean-masters", "Give the masters back", try cleaning(spec.masters.filter(present))),
            together("clean-etcd", "Give etcd's hosts back", try cleaning(spec.etcd.hosts.filter(present))),
        ])
    }

    private func cleaning(_ hosts: [Host]) throws -> [Lane] {
        let receipt = ReceiptFiles(input: input)
        return try hosts.map { Lane(host: $0.id, steps: try receipt.givingBack($0)) }
    }

    /// A node that is dead cannot say that its pods have ended; they go with the Node object.
    private func drainStep(_ host: Host, _ removal: Removal) -> Step {
        let name = input.nodeName(of: host)
        let node = Script.quoted(name)
        let gone = nodeIsGone(node)
        guard !removal.dead.contains(host.id) else {
            return Step(
                id: "cordon \(host.id)", title: "take \(name) out of scheduling",
                action: .run(Script("\(kubectl) cordon \(node) >&2")), unless: gone)
        }
        let emptied = spec.kubernetes.isAtLeast(1, 20) ? "--delete-emptydir-data" : "--delete-local-data"
        let seconds = removal.drainLimit.components.seconds
        var options = "--ignore-daemonsets \(emptied) --timeout=\(seconds)s"
        if removal.isForced {
            // Deleted, not evicted: no budget holds them, and nobody waits for a kubelet that is not there.
            options += " --force" + (spec.kubernetes.isAtLeast(1, 18) ? " --disable-eviction" : "")
            options += spec.kubernetes.isAtLeast(1, 19) ? " --skip-wait-for-delete-timeout=10" : ""
        }
        return Step(
            id: "drain \(host.id)", title: "drain \(name), for \(seconds) s at most",
            action: .job(
                Script("\(kubectl) drain \(node) \(options) >&2", timeout: removal.drainLimit + .seconds(30))),
            unless: gone)
    }

    private func nodeStep(_ host: Host) -> Step {
        let name = input.nodeName(of: host)
        let node = Script.quoted(name)
        return Step(
            id: "node \(host.id)", title: "delete the node \(name)",
            action: .run(Script("\(kubectl) delete node \(node) --ignore-not-found >&2")),
            unless: nodeIsGone(node))
    }

    /// On a line of its own: inside a test nobody would notice that kubectl failed.
    private func nodeIsGone(_ node: String) -> Script {
        Script("found=$(\(kubectl) get node \(node) --ignore-not-found -o name)\n[ -z \"$found\" ]")
    }

    /// Until 1.21 kubeadm kept a list of API servers beside the configuration; whoever joins reads it.
    private func statusSteps(_ masters: [Host], of lead: Host) -> [Step] {
        guard let text = input.facts(of: lead).clusterStatus,
            let patch = ClusterStatusPatch(text, removing: masters.map { input.nodeName(of: $0) })
        else { return [] }
        return [kubeadmConfigStep("cluster-status", "take the masters out of kubeadm's list", patch.json)]
    }
}

/// Takes members out of etcd, through a member that stays.
private struct EtcdDeparture {
    let lead: Host
    let control: EtcdControl
    let members: [EtcdMember]

    /// A leader hands over first: an election would hold up every write for a second.
    func steps(_ host: Host) -> [Step] {
        let url = EtcdMember.peerURL(of: host)
        let mine = members.filter { $0.runs(on: host) }
        let local = control.local
        let successor = members.first { $0.runs(on: lead) }
        let handover = mine.filter { $0.isLeader && $0.isHealthy }.compactMap { leader -> String? in
            guard let client = leader.clientURLs.first, let successor else { return nil }
            return "etcd \(Script.quoted(client)) move-leader \(successor.hexID) >&2 || true"
        }
        let removals = mine.map { "etcd \(local) member remove \($0.hexID) >&2" }
        guard !removals.isEmpty else { return [] }
        return [
            Step(
                id: "etcd-member \(host.id)", title: "remove \(host.id) from etcd",
                action: .run(
                    Script(([control.function] + handover + removals).joined(separator: "\n"), timeout: .seconds(120))),
                unless: Script(
                    """
                    \(control.function)
                    list=$(etcd \(local) member list -w json)
                    case $list in *'"\(url)"'*) exit 1 ;; *'"peerURLs"'*) exit 0 ;; *) exit 1 ;; esac
                    """))
        ]
    }
}
