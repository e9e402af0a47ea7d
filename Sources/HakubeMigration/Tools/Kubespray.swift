// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// kubespray's hosts file, and the variables that stand in it. Files under group_vars are not read.
extension Translation {
    mutating func read(kubespray inventory: AnsibleInventory) {
        let masters = inventory.members(of: AnsibleInventory.masterGroups)
        let workers = inventory.members(of: AnsibleInventory.workerGroups)
        let etcd = inventory.members(of: ["etcd"])
        // kubespray makes this group of the others by itself (roles/dynamic_groups).
        let parts = AnsibleInventory.masterGroups + AnsibleInventory.workerGroups + ["calico_rr", "calico-rr"]
        let groups = AnsibleGroups(inventory, implied: ["k8s_cluster": parts, "k8s-cluster": parts])
        let variables = ClusterVariables(inventory, groups, masters: masters)
        var placed: [String: HostVariables] = [:]
        if let version = variables.take("kube_version"), let text = version.word { take(release: text, from: version) }
        let place = EtcdPlace(members: Set(etcd), masters: Set(masters), workers: Set(workers))
        let bastions = inventory.members(of: ["bastion"])
        for host in inventory.hosts {
            let group: HostGroup? =
                masters.contains(host.name)
                ? .masters
                : workers.contains(host.name) ? .nodes : etcd.contains(host.name) && place == .apart ? .etcd : nil
            let values = HostVariables(inventory, groups, host.name)
            if group != nil || bastions.first == host.name { placed[host.name] = values }
            guard let group else {
                if bastions.contains(host.name) { continue }
                // A host of which nothing is said but its name is a line as well.
                let name = SourceNode(path: host.name, line: host.line, content: .text(host.name, quoted: true))
                for value in values.own.isEmpty ? [name] : values.own.map(\.value) {
                    if etcd.contains(host.name) { leave(etcdHost: [value]) } else { leave(idle: value) }
                }
                continue
            }
            var draftHost = self.host(
                kubespray: host.name, values, group, isOpen: group != .masters || workers.contains(host.name))
            if group == .masters && workers.contains(host.name) { draftHost.taints = draftHost.taints ?? [] }
            draft.add(draftHost, to: group)
        }
        leave(etcdGroup: inventory, etcd, place, masters)
        if let name = bastions.first { read(bastion: name, HostVariables(inventory, groups, name)) }
        read(cluster: variables)
        readComponents(variables)
        leave(rest: inventory, hosts: placed, cluster: variables)
        readAnsible(inventory)
    }

    /// A group has no line of its own here; its first host's that is no master stands for it.
    private mutating func leave(
        etcdGroup inventory: AnsibleInventory, _ members: [String], _ place: EtcdPlace, _ masters: [String]
    ) {
        guard place != .apart, !members.isEmpty, Set(members) != Set(masters) else { return }
        let first = inventory.hosts.first {
            members.contains($0.name) && (place == .masters || !masters.contains($0.name))
        }
        let names = members.joined(separator: ", ")
        let node = SourceNode(path: "etcd", line: first?.line ?? 1, content: .text(names, quoted: true))
        if place == .mixed { return leave(etcdHost: [node]) }
        ledger.leave(
            node, "etcd is on \(names), and with hakube on all masters",
            "see that every master's disk is fast enough for etcd")
    }

    private mutating func read(bastion name: String, _ values: HostVariables) {
        let address = values[HostVariables.address]
        let user = values[HostVariables.user]
        let port = values[HostVariables.port]
        draft.ssh.bastion =
            (user?.word.map { "\($0)@" } ?? "") + (address?.word ?? name) + (port?.word.map { ":\($0)" } ?? "")
        for node in [address, user, port].compactMap({ $0 }) { ledger.take(node, as: "ssh.bastion") }
        if let key = values[HostVariables.key], !ledger.knows(key) {
            ledger.leave(
                key, "a bastion has no key of its own in an inventory", "name it as IdentityFile in ~/.ssh/config")
        }
    }

    /// Ansible's own words about logging in, and what only Ansible can read.
    private mutating func readAnsible(_ inventory: AnsibleInventory) {
        for line in inventory.unreadable {
            ledger.leave(
                line, "it is neither a host nor a group nor a variable",
                "mend it as Ansible would want it, or leave it out")
        }
        func name(_ node: SourceNode) -> String { node.path.split(separator: ".").last.map(String.init) ?? "" }
        for node in inventory.values where !ledger.knows(node) {
            let name = name(node)
            if node.isTemplate {
                ledger.leave(
                    node, "what a template gives is known to Ansible alone",
                    "write the value in its place, then import again")
            } else if ["pass", "password"].contains(where: name.hasSuffix) {
                ledger.leave(
                    secret: node, "give it with --password-file FILE (mode 0600) or HAKUBE_SSH_PASSWORD, or use keys")
            } else if name.hasPrefix("ansible_become") {
                ledger.settle(node, "hakube uses sudo where the login is not root")
            } else if name == "ansible_connection" && node.word == "ssh" {
                ledger.settle(node, "hosts are reached by ssh")
            } else if name == "ansible_python_interpreter" {
                ledger.settle(node, "hosts need no Python")
            } else if name.hasPrefix("ansible_ssh_") && name.hasSuffix("_args") {
                ledger.leave(node, "hakube takes no options of ssh", "write them into ~/.ssh/config")
            } else if name == "etcd_member_name" {
                ledger.settle(node, "members of etcd have the names of their nodes")
            }
        }
    }

    /// - Parameter isOpen: the host runs workloads.
    private mutating func host(
        kubespray name: String, _ values: HostVariables, _ group: HostGroup, isOpen: Bool
    ) -> InventoryDraft.DraftHost {
        let address = values[HostVariables.address]
        var host = InventoryDraft.DraftHost(address: address?.word ?? name)
        address.map { ledger.take($0, as: "\(group.rawValue) address") }
        // kubespray gives hosts the names that the inventory has for them.
        if address != nil || values["ip"] != nil { host.name = name }
        if let ip = values["ip"], let text = ip.word {
            host.internalAddress = text == host.address ? nil : text
            ledger.take(ip, as: "\(group.rawValue) internalAddress")
        }
        if let access = values["access_ip"], let text = access.word {
            if text == host.internalAddress ?? host.address {
                ledger.settle(access, "it is the address that the cluster uses")
            } else {
                ledger.leave(
                    access, "the cluster knows a host by one address, and that is its `ip`",
                    "write it as `internalAddress` if the other hosts do not reach \(host.internalAddress ?? host.address)"
                )
            }
        }
        for (names, place, target) in [
            (HostVariables.user, \InventoryDraft.Login.user, "user"), (HostVariables.port, \.port, "port"),
            (HostVariables.key, \.key, "key"),
        ] {
            guard let value = values[names], let word = value.word else { continue }
            host.login[keyPath: place] = word
            ledger.take(value, as: "\(group.rawValue) \(target)")
        }
        take(labels: values["node_labels"], into: &host, group)
        take(taints: values["node_taints"], isOpen: isOpen, into: &host, group)
        return host
    }
}
