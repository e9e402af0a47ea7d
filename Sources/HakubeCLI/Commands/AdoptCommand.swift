// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import FoundationEssentials
import HakubeModel

/// `hakube adopt`: makes the record of a living cluster, or brings it up to date.
struct AdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt", abstract: "Rebuild the record of a living cluster from the cluster itself.",
        discussion: """
            Asks one master, then every host. Writes the record to the Secret kube-system/hakube-cluster, to \
            /etc/hakube/cluster.json on each master and to this machine's cache, and changes nothing else. A cluster of plain \
            kubeadm can be adopted when its hosts reach the API server by a name.
            """)

    @Option(help: ArgumentHelp("Any master whose API server answers.", valueName: "address"))
    var from: String

    @Option(
        help: ArgumentHelp(
            "Address that means the API server on workers, where no worker shows it.", valueName: "address"))
    var vip: String?

    @OptionGroup var login: LoginOptions

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Show the record, and write nothing.")
    var dryRun = false

    func run() async throws {
        let host = try login.host(from: from)
        let access = try login.access()
        let address = try vip.map { text throws(InventoryError) in
            guard let address = IPAddress(text), address.unusable == nil else {
                throw InventoryError(problems: [
                    Problem(
                        place: "--vip", message: "`\(text)` is no address that hosts can use",
                        remedy: "write one address, without port or prefix length")
                ])
            }
            return address
        }
        try await Interrupt.cancels {
            let run = try AdoptRun(from: host, login: access, vip: address, connection: connection)
            let result = try await run.adoption()
            if dryRun {
                print(try ClusterRecord(spec: result.spec).json(), terminator: "")
            } else {
                let places: AdoptRun.Places
                do { places = try await run.keep(result.spec) } catch is CancellationError {
                    StandardError.say("interrupted; the record may be in some of its places: run the command again")
                    throw RunEnded(family: .interrupted)
                }
                print(AdoptText(result: result, places: places).text, terminator: "")
            }
            await run.close()
        }
    }
}
