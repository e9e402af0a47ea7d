// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// kubespray's hosts file, and the variables that stand in it. Files under group_vars are not read.
extension Translation {
    mutating func read(kubespray inventory: AnsibleInventory) {
        let masters = inventory.members(of: "kube_control_plane", "kube-master", "kube_master")
        let workers = inventory.members(of: "kube_node", "kube-node")
        let etcd = inventory.members(of: "etcd")
        let variables = ClusterVariables(inventory)
        if let version = variables.take("kube_version"), let text = version.word { take(release: text, from: version) }
        for host in inventory.hosts {
            let isMaster = masters.contains(host.name)
            let values = HostVariables(inventory, host.name, isMaster: isMaster)
            guard isMaster || workers.contains(host.name) else {
                for value in values.own.map(\.value) {
                    if etcd.contains(host.name) {
                        leave(etcdHosts: [value], of: "kubespray")
                    } else if !inventory.members(of: "bastion").contains(host.name) {
                        leave(idle: value)
                    }
                }
                continue
            }
            var draftHost = self.host(kubespray: host.name, values, group: isMaster ? "masters" : "nodes")
            if isMaster && workers.contains(host.name) { draftHost.taints = draftHost.taints ?? [] }
            if isMaster { draft.masters.append(draftHost) } else { draft.nodes.append(draftHost) }
        }
        if Set(etcd) != Set(masters) && !etcd.isEmpty {
            let line = inventory.hosts.first { etcd.contains($0.name) && !masters.contains($0.name) }?.line ?? 1
            let node = SourceNode(path: "etcd", line: line, content: .text(etcd.joined(separator: ", "), quoted: true))
            ledger.leave(
                node, "etcd is on \(etcd.joined(separator: ", ")), and with hakube it is on the masters, all of them",
                "make other masters, or leave it")
        }
        readBastion(inventory)
        read(cluster: variables)
        readComponents(variables)
        readAnsible(inventory)
    }

    private mutating func readBastion(_ inventory: AnsibleInventory) {
        guard let name = inventory.members(of: "bastion").first else { return }
        let values = HostVariables(inventory, name, isMaster: false)
        let address = values["ansible_host", "ansible_ssh_host"]
        let user = values["ansible_user", "ansible_ssh_user"]
        let port = values["ansible_port", "ansible_ssh_port"]
        draft.ssh.bastion =
            (user?.word.map { "\($0)@" } ?? "") + (address?.word ?? name) + (port?.word.map { ":\($0)" } ?? "")
        for node in [address, user, port].compactMap({ $0 }) { ledger.take(node, as: "ssh.bastion") }
    }

    /// Ansible's own words about logging in, and what only Ansible can read.
    private mutating func readAnsible(_ inventory: AnsibleInventory) {
        for line in inventory.unreadable {
            ledger.leave(
                line, "it is neither a host nor a group nor a variable",
                "mend it as Ansible would want it, or leave it out")
        }
        for node in inventory.values where !ledger.knows(node) {
            let name = node.path.split(separator: ".").last.map(String.init) ?? ""
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

    private mutating func host(
        kubespray name: String, _ values: HostVariables, group: String
    ) -> InventoryDraft.DraftHost {
        let address = values["ansible_host", "ansible_ssh_host"]
        var host = InventoryDraft.DraftHost(address: address?.word ?? name)
        address.map { ledger.take($0, as: "\(group) address") }
        // kubespray gives hosts the names that the inventory has for them.
        if address != nil || values["ip"] != nil { host.name = name }
        if let ip = values["ip"], let text = ip.word {
            host.internalAddress = text == host.address ? nil : text
            ledger.take(ip, as: "\(group) internalAddress")
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
            (["ansible_user", "ansible_ssh_user"], \InventoryDraft.Login.user, "user"),
            (["ansible_port", "ansible_ssh_port"], \.port, "port"),
            (["ansible_ssh_private_key_file", "ansible_private_key_file"], \.key, "key"),
        ] {
            guard let value = values[names], let word = value.word, !value.isTemplate else { continue }
            host.login[keyPath: place] = word
            ledger.take(value, as: "\(group) \(target)")
        }
        for label in values["node_labels"]?.entries ?? [] {
            host.labels.append((label.key, label.value.text ?? ""))
            ledger.take(label.value, as: "\(group) labels")
        }
        if let taints = values["node_taints"] {
            host.taints = taints.items.compactMap(\.word)
            ledger.take(taints, as: "\(group) taints")
        }
        return host
    }
}
