// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// A host and where it was written.
struct PlacedHost {
    let host: Host
    let place: String
}

extension ClusterSpecValidation {
    /// The login particulars that hosts share.
    mutating func checkSharedAccess() { _ = access(inventory.ssh) }

    /// Every host of one role, as far as it can be read.
    mutating func hosts(_ role: Role) -> [PlacedHost] {
        (inventory.group(role)?.entries ?? []).flatMap { hosts($0, role) }
    }

    private mutating func hosts(_ entry: Inventory.Entry, _ role: Role) -> [PlacedHost] {
        let list = HostList(entry.hosts.value, place: entry.hosts.place)
        add(list.problems)
        let own = access(entry.access)
        let name = nodeName(entry)
        let internalAddress = internalAddress(entry)
        let labels = labels(entry)
        let taints = taints(entry)
        if role == .etcd { checkPlain(entry) }
        if list.items.count > 1 {
            for (key, place) in [("name", entry.name?.place), ("internalAddress", entry.internalAddress?.place)] {
                guard let place else { continue }
                refuse(
                    place, "`\(key)` can belong to one host only, and \(entry.hosts.value) is \(list.items.count)",
                    "give each host an entry of its own")
            }
        }
        let shared = inventory.ssh
        let sharedBastions = shared.bastion.flatMap { Bastion.list($0.value, place: $0.place).bastions }
        return list.items.compactMap { item -> PlacedHost? in
            if item.user != nil, let user = entry.access.user {
                refuse(
                    user.place, "the user of \(item.target) stands in its address and under `user`",
                    "keep one of the two")
            }
            if item.port != nil, let port = entry.access.port {
                refuse(
                    port.place, "the port of \(item.target) stands in its address and under `port`",
                    "keep one of the two")
            }
            guard let address = clusterAddress(item, entry, internalAddress) else { return nil }
            let access = SSHAccess(
                user: item.user ?? own.user ?? shared.user?.value,
                port: item.port ?? own.port ?? shared.port.flatMap { Naming.port($0.value) },
                keyPath: own.keyPath ?? shared.key?.value,
                bastions: own.bastions ?? sharedBastions)
            let target = item.target.description
            let host = Host(
                id: HostID(target), role: role, sshAddress: target, access: access, address: address, name: name,
                labels: labels, taints: taints)
            return PlacedHost(host: host, place: entry.hosts.place)
        }
    }

    /// Nothing of Kubernetes knows a host of etcd.
    private mutating func checkPlain(_ entry: Inventory.Entry) {
        for (key, place) in [
            ("labels", entry.labels.first?.key.place),
            ("taints", entry.taints.map { $0.first?.place ?? entry.hosts.place }),
        ] {
            guard let place else { continue }
            refuse(place, "an etcd host is no node, and has no \(key)", "take `\(key)` out")
        }
    }

    private mutating func clusterAddress(
        _ item: HostList.Item, _ entry: Inventory.Entry, _ given: IPAddress?
    ) -> IPAddress? {
        if entry.internalAddress != nil { return given }
        switch item.target {
        case .address(let address):
            guard let reason = address.unusable else { return address }
            refuse(
                entry.hosts.place, "\(address) \(reason)",
                "write the address at which the other hosts reach it, as internalAddress if ssh needs this one")
        case .name(let name):
            refuse(
                entry.hosts.place, "\(name) is a name, not an address",
                "write its address, or in an inventory file address: \(name) and internalAddress with its address")
        }
        return nil
    }

    private mutating func internalAddress(_ entry: Inventory.Entry) -> IPAddress? {
        guard let written = entry.internalAddress else { return nil }
        guard let address = address(written, of: "the internal address") else { return nil }
        return address
    }

    /// An address that other hosts can use.
    mutating func address(_ written: Placed<String>, of what: String) -> IPAddress? {
        let text = written.value
        guard let address = IPAddress(text) else {
            let bare = String(text.prefix { $0 != "%" })
            if bare != text, IPAddress(bare) != nil {
                refuse(
                    written.place, "\(what) \(text) has a zone, which means something on one machine only",
                    "write a global or unique local address instead")
            } else {
                refuse(
                    written.place, "\(what) `\(text)` is not an IP address",
                    "write one address, without port or prefix length")
            }
            return nil
        }
        if let reason = address.unusable {
            refuse(written.place, "\(what) \(address) \(reason)", "choose a global or private unicast address")
            return nil
        }
        return address
    }

    /// Login particulars; what is illegal is reported and left out.
    private mutating func access(_ written: Inventory.Access) -> SSHAccess {
        var access = SSHAccess()
        if let user = written.user {
            access.user = user.value
            if !Naming.isLogin(user.value) {
                refuse(user.place, "`\(user.value)` cannot be a login name", "write the name that ssh logs in with")
            }
        }
        if let port = written.port {
            access.port = Naming.port(port.value)
            if access.port == nil {
                refuse(
                    port.place, "the port `\(port.value)` is not a number from 1 to 65535",
                    "write the port of sshd, usually 22")
            }
        }
        if let key = written.key {
            access.keyPath = key.value
            if key.value.trimmed.isEmpty {
                refuse(key.place, "the path of the key is empty", "write the path of a private key, or leave it out")
            }
        }
        if let bastion = written.bastion {
            let (bastions, problems) = Bastion.list(bastion.value, place: bastion.place)
            add(problems)
            access.bastions = bastions
        }
        return access
    }
}

extension Inventory {
    /// The entries of a role.
    func group(_ role: Role) -> Group? {
        switch role {
        case .master: masters
        case .node: nodes
        case .etcd: etcd?.hosts
        }
    }
}
