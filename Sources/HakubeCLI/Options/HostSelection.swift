// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeModel

/// On which hosts of a cluster something is done.
struct HostSelection: ParsableArguments {
    @Flag(help: "All masters.")
    var masters = false

    @Flag(help: "All workers.")
    var nodes = false

    @Flag(help: "All hosts of etcd's own.")
    var etcd = false

    @Flag(help: "All hosts.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "This host: node name or address; may be repeated, and may be a comma list.", valueName: "host"))
    var host: [String] = []

    /// The hosts meant, each once, masters first.
    ///
    /// - Throws: `InventoryError` when none is named, or one that the cluster does not have.
    func hosts(of spec: ClusterSpec) throws(InventoryError) -> [Host] {
        let names = host.flatMap { $0.split(separator: ",").map { String($0.drop { $0 == " " }) } }
        guard masters || nodes || etcd || all || !names.isEmpty else {
            throw InventoryError(problems: [
                Problem(
                    place: "", message: "no host is named",
                    remedy: "say where: --masters, --nodes, --etcd, --all or --host NAME")
            ])
        }
        var chosen: Set<HostID> = []
        var problems: [Problem] = []
        for name in names {
            let found = spec.hosts.filter { Self.isCalled($0, name) }
            if found.isEmpty {
                let known = spec.hosts.map { host in host.name.map { "\($0) (\(host.id))" } ?? host.id.description }
                problems.append(
                    Problem(
                        place: "--host", message: "the cluster \(spec.name) has no host \(name)",
                        remedy: "write one of \(known.prefix(20).joined(separator: ", "))"))
            }
            chosen.formUnion(found.map(\.id))
        }
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
        let hosts = spec.hosts.filter { host in
            switch host.role {
            case .master where masters, .node where nodes, .etcd where etcd: true
            default: all || chosen.contains(host.id)
            }
        }
        guard !hosts.isEmpty else {
            throw InventoryError(problems: [
                Problem(
                    place: nodes ? "--nodes" : "--etcd",
                    message: "the cluster \(spec.name) has no \(nodes ? "worker" : "host of etcd's own")",
                    remedy: "use --masters or --all")
            ])
        }
        return hosts
    }

    static func isCalled(_ host: Host, _ name: String) -> Bool {
        let address = IPAddress(name)
        return host.id.description == name || host.sshAddress == name || host.name == name.lowercased()
            || (address != nil && address == host.address)
    }
}
