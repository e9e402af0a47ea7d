// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeModel

/// Hosts that join or leave a cluster.
struct MemberOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Masters: a comma list of addresses, ranges or node names; may be repeated.", valueName: "hosts"))
    var masters: [String] = []

    @Option(help: ArgumentHelp("Workers, written like --masters.", valueName: "hosts"))
    var nodes: [String] = []

    @Option(help: ArgumentHelp("Hosts of etcd's own, written like --masters.", valueName: "hosts"))
    var etcd: [String] = []

    func overrides(_ login: SSHAccess) -> InventoryOverrides {
        var overrides = InventoryOverrides()
        overrides.masters = masters
        overrides.nodes = nodes
        overrides.etcd = etcd
        overrides.user = login.user
        overrides.port = login.port.map(String.init)
        overrides.key = login.keyPath
        overrides.bastion = login.bastions.map(Bastion.text)
        return overrides
    }
}
