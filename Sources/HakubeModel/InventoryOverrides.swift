// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What the command line says about the cluster, as typed. Where a flag and the file disagree, the flag counts.
package struct InventoryOverrides: Sendable, Hashable {
    /// Values of `--masters`, one per use of the flag; each may be a list.
    package var masters: [String] = []
    package var nodes: [String] = []
    /// Values of `--etcd`: hosts of etcd's own.
    package var etcd: [String] = []
    package var user: String?
    package var port: String?
    package var key: String?
    package var bastion: String?
    package var cluster: String?
    package var kubernetes: String?
    package var vip: String?
    package var guardian: String?
    package var strategy: String?
    /// NAME or NAME:PORT.
    package var endpoint: String?
    /// One block, or "v4,v6"; the flag may also be repeated.
    package var podSubnets: [String] = []
    package var serviceSubnets: [String] = []
    package var dnsDomain: String?
    package var imageRepository: String?
    package var certSANs: [String] = []
    package var proxyMode: String?

    package init() {}

    /// The same as an inventory whose places are the flags' names.
    package var inventory: Inventory {
        var inventory = Inventory()
        inventory.masters = group(masters, "--masters")
        inventory.nodes = group(nodes, "--nodes")
        if let hosts = group(etcd, "--etcd") {
            inventory.etcd = Inventory.EtcdSection(place: "--etcd")
            inventory.etcd?.hosts = hosts
        }
        inventory.ssh.user = user.map { Placed($0, "--user") }
        inventory.ssh.port = port.map { Placed($0, "--port") }
        inventory.ssh.key = key.map { Placed($0, "--key") }
        inventory.ssh.bastion = bastion.map { Placed($0, "--bastion") }
        inventory.cluster = cluster.map { Placed($0, "--cluster") }
        inventory.kubernetes = kubernetes.map { Placed($0, "--kubernetes") }
        inventory.vip = vip.map { Placed($0, "--vip") }
        inventory.guardian = guardian.map { Placed($0, "--guardian") }
        inventory.strategy = strategy.map { Placed($0, "--strategy") }
        inventory.podSubnets = blocks(podSubnets, "--pod-subnet")
        inventory.serviceSubnets = blocks(serviceSubnets, "--service-subnet")
        inventory.dnsDomain = dnsDomain.map { Placed($0, "--dns-domain") }
        inventory.imageRepository = imageRepository.map { Placed($0, "--image-repository") }
        inventory.certSANs = certSANs.flatMap(\.listItems).map { Placed($0, "--cert-san") }
        inventory.proxyMode = proxyMode.map { Placed($0, "--proxy-mode") }
        if let endpoint {
            let (name, port) = Self.split(endpoint: endpoint)
            inventory.endpointName = name.isEmpty ? nil : Placed(name, "--endpoint")
            inventory.endpointPort = port.map { Placed($0, "--endpoint") }
        }
        return inventory
    }

    private func group(_ values: [String], _ flag: String) -> Inventory.Group? {
        guard !values.isEmpty else { return nil }
        return Inventory.Group(place: flag, entries: values.map { Inventory.Entry(hosts: Placed($0, flag)) })
    }

    private func blocks(_ values: [String], _ flag: String) -> [Placed<String>]? {
        values.isEmpty ? nil : values.flatMap(\.listItems).map { Placed($0, flag) }
    }

    /// `name:port` into its halves. An address in the place of the name stays whole, so that its own sentence comes.
    private static func split(endpoint: String) -> (name: String, port: String?) {
        if IPAddress(endpoint) != nil { return (endpoint, nil) }
        guard let colon = endpoint.lastIndex(of: ":") else { return (endpoint, nil) }
        return (String(endpoint[..<colon]), String(endpoint[endpoint.index(after: colon)...]))
    }
}

extension String {
    /// The items of a comma list, without surrounding blanks; an empty item stays, so that it can be refused.
    var listItems: [String] {
        split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmed }
    }
}

extension String {
    /// Without the mark (U+FEFF) that editors of Windows begin UTF-8 with; it belongs to no line.
    package var withoutByteOrderMark: String {
        unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
    }
}

extension StringProtocol {
    /// Without blanks at either end.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
