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

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Inventory file (YAML) of the cluster, in place of its own record.",
            discussion: "join, clean and endpoint set take from it where the masters are, and ask those."))
    var file: String?

    @OptionGroup var login: LoginOptions

    func validate() throws {
        if from != nil, file != nil {
            throw ValidationError("--from and -f each name a cluster; give one of them.")
        }
        if from != nil, cluster != nil {
            throw ValidationError("--from and --cluster each name a cluster; give one of them.")
        }
    }
}
