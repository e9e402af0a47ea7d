// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeModel

/// Which cluster that stands already is meant, and how to log in to its hosts.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Any master of the cluster; nothing need be known of it on this machine.",
            discussion: "Written as in an inventory: 10.0.0.1, admin@10.0.0.1:2222, [fd00::1]:2222.",
            valueName: "address"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            "Name of a cluster that this machine has seen (default: the only one).",
            discussion: "Its masters are asked anew each time; what is kept here only says where they are.",
            valueName: "name"))
    var cluster: String?

    @Option(name: [.short, .long], help: "Inventory file (YAML) of the cluster, in place of its own record.")
    var file: String?

    @Option(help: ArgumentHelp("Login name, in place of the one the cluster was made with.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("Port of sshd, in place of the one the cluster was made with.", valueName: "number"))
    var port: String?

    @Option(help: ArgumentHelp("Private key on this machine.", valueName: "path"))
    var key: String?

    func validate() throws {
        if from != nil, file != nil {
            throw ValidationError("--from and -f each name a cluster; give one of them.")
        }
        if from != nil, cluster != nil {
            throw ValidationError("--from and --cluster each name a cluster; give one of them.")
        }
    }

    /// What the operator says about logging in.
    ///
    /// - Throws: `InventoryError`.
    func login() throws(InventoryError) -> SSHAccess {
        var problems: [Problem] = []
        var access = SSHAccess(user: user, keyPath: key)
        if let user, !Naming.isLogin(user) {
            problems.append(
                Problem(
                    place: "--user", message: "`\(user)` cannot be a login name",
                    remedy: "write the name that ssh logs in with"))
        }
        if let port {
            access.port = Naming.port(port)
            if access.port == nil {
                problems.append(
                    Problem(
                        place: "--port", message: "the port `\(port)` is not a number from 1 to 65535",
                        remedy: "write the port of sshd, usually 22"))
            }
        }
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
        return access
    }

    /// The host behind `--from`, with what the flags say about logging in.
    ///
    /// - Throws: `InventoryError` unless it is one address.
    func fromHost(_ address: String) throws(InventoryError) -> Host {
        let login = try login()
        let list = HostList(address, place: "--from")
        guard list.problems.isEmpty else { throw InventoryError(problems: list.problems) }
        guard let item = list.items.first, list.items.count == 1 else {
            throw InventoryError(problems: [
                Problem(
                    place: "--from", message: "\(address) is \(list.items.count) hosts",
                    remedy: "name one master; the others are found through it")
            ])
        }
        let target = item.target.description
        // Only ssh uses this host: what the cluster knows about it comes with the record.
        let placeholder = IPAddress(target) ?? IPAddress(family: .v4, value: 0)
        return Host(
            id: HostID(target), role: .master, sshAddress: target,
            access: SSHAccess(
                user: item.user ?? login.user, port: item.port ?? login.port, keyPath: login.keyPath),
            address: placeholder)
    }
}
