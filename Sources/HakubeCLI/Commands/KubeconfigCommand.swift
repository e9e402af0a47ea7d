// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import FoundationEssentials
import HakubeModel
import HakubePlan
import HakubeTransport

/// `hakube kubeconfig`: the admin's way into a standing cluster.
struct KubeconfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig", abstract: "Print the admin's kubeconfig, write it to a file, or merge it into one.",
        discussion: """
            The file names the address that moves between masters, or the external endpoint; where there is neither, with \
            guardians, one master by its address. --server names another way in. No file is touched unless it is named \
            here, ~/.kube/config neither.
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("Write it to this file, mode 0600, in place of printing it.", valueName: "file"))
    var write: String?

    @Option(
        help: ArgumentHelp(
            "Put cluster, user and context into this kubeconfig; its other entries stay.",
            discussion: "What stood there is kept beside it as FILE.before-hakube.", valueName: "file"))
    var merge: String?

    @Option(help: ArgumentHelp("Name of the entries that --merge makes (default: the cluster's).", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "How clients reach the API server (default: the address that moves between masters, else a master's).",
            valueName: "url"))
    var server: String?

    @Flag(help: "Replace the file of --write, or entries of --merge that are another cluster's.")
    var force = false

    func validate() throws {
        if write != nil, merge != nil { throw ValidationError("--write and --merge name two files; give one of them.") }
        if let server, !server.hasPrefix("https://") {
            throw ValidationError("--server \(server) is no way to an API server; write https://NAME:PORT.")
        }
    }

    func run() async throws {
        try await Interrupt.cancels {
            let standing = try await ClusterSource(cluster, connection).standing()
            let (host, text) = try await AdminKubeconfig(spec: standing.spec, pool: standing.session.pool)
                .read(first: standing.origin)
            await standing.session.close()
            let address = "https://\(standing.spec.endpoint.outside(through: host))"
            let kubeconfig = try Kubeconfig(text, server: server ?? address, place: host.id.description)
            if let merge {
                let file = KubeconfigFile(merge, flag: "--merge")
                let entry = name ?? standing.spec.name
                let backup = try file.merge(kubeconfig, as: entry, force: force)
                let kept = backup.map { "; what stood there is in \($0)" } ?? ""
                StandardError.say("\(file.path) has the context \(entry)\(kept)")
            } else if let write {
                try KubeconfigFile(write, flag: "--write").write(kubeconfig.text, force: force)
            } else {
                print(kubeconfig.text, terminator: "")
            }
        }
    }
}
