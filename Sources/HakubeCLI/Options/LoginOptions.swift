// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeModel

/// How to log in to the hosts of a cluster that stands already.
struct LoginOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Login name, in place of the one the cluster was made with.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("Port of sshd, in place of the one the cluster was made with.", valueName: "number"))
    var port: String?

    @Option(help: ArgumentHelp("Private key on this machine.", valueName: "path"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Host to go through on the way, in place of the one the cluster was made with.",
            discussion: "[user@]host[:port]; a comma list is passed in its order; `none` means no bastion.",
            valueName: "host"))
    var bastion: String?

    /// What the flags say.
    ///
    /// - Throws: `InventoryError`.
    func access() throws(InventoryError) -> SSHAccess {
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
        if let bastion {
            let list = Bastion.list(bastion, place: "--bastion")
            problems += list.problems
            access.bastions = list.bastions
        }
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
        return access
    }

    /// The host behind `--from`, with what the flags say.
    ///
    /// - Throws: `InventoryError` unless it is one address.
    func host(from address: String) throws(InventoryError) -> Host {
        let login = try access()
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
                user: item.user ?? login.user, port: item.port ?? login.port, keyPath: login.keyPath,
                bastions: login.bastions),
            address: placeholder)
    }
}
