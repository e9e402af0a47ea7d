// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import FoundationEssentials
import HakubeModel

/// `hakube copy`: files of this machine to many hosts.
struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy files to hosts of a cluster, side by side.",
        usage: "hakube copy [--masters] [--nodes] [--etcd] [--all] [--host <host>] [<options>] FILE … HOST-PATH",
        discussion: """
            Each file keeps its mode, is proved by its SHA-256, and replaces what stood there in one moment. A path that ends \
            with / is a folder, made where it is missing. Ends with 5 when a file does not arrive on any host.
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var selection: HostSelection
    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Write as the login account, not as root.")
    var asLogin = false

    @Option(help: "text, or json: one object a line.")
    var output = OutputOptions.Format.text

    @Argument(help: ArgumentHelp("Files of this machine, then an absolute path on the hosts.", valueName: "path"))
    var paths: [String]

    func validate() throws {
        guard paths.count >= 2, let target = paths.last else {
            throw ValidationError("Name one file or more, then a path on the hosts.")
        }
        guard target.hasPrefix("/") else {
            throw ValidationError("The path on the hosts, \(target), has to begin with /.")
        }
    }

    func run() async throws {
        let files = try paths.dropLast().map { try LocalFile($0) }
        let names = Dictionary(grouping: files, by: \.name).filter { $0.value.count > 1 }.keys.sorted()
        if let name = names.first {
            throw InventoryError(problems: [
                Problem(place: name, message: "two files have this name", remedy: "copy them one after another")
            ])
        }
        let target = paths.last ?? ""
        let family = try await Interrupt.cancels { () -> ExitFamily in
            let standing = try await ClusterSource(cluster, connection).standing()
            let hosts = try selection.hosts(of: standing.spec)
            let output = FleetOutput(self.output)
            let meter = ByteMeter("copying")
            let run = CopyRun(
                files: files, target: target, asRoot: !asLogin, pool: standing.session.pool,
                parallel: connection.parallel)
            let endings = await run.endings(on: hosts) {
                meter.show($0, $1)
            } onEnd: { host, ending in
                if self.output == .json { output.json(CopyDocument(host, ending)) }
            }
            meter.end()
            await standing.session.close()
            let good = endings.count { $0.1.isGood }
            var table = TextTable(["HOST", "NODE", "RESULT"])
            for (host, ending) in endings {
                table.add([host.description, standing.spec.host(host)?.name ?? "?", ending.words])
            }
            let bytes = ByteMeter.text(files.reduce(0) { $0 + $1.byteCount })
            output.summary(table, "\(bytes) to \(good) of \(endings.count == 1 ? "1 host" : "\(endings.count) hosts")")
            if Task.isCancelled { return .interrupted }
            return good == endings.count ? .done : .step
        }
        guard family == .done else { throw RunEnded(family: family) }
    }
}

/// How copying ended on a host, for programs.
struct CopyDocument: Encodable {
    let host: String
    /// `copied`, `unchanged` or `failed`.
    let result: String
    let error: String?

    init(_ host: HostID, _ ending: CopyRun.Ending) {
        self.host = host.description
        switch ending {
        case .copied: (result, error) = ("copied", nil)
        case .unchanged: (result, error) = ("unchanged", nil)
        case .failed, .interrupted: (result, error) = ("failed", ending.words)
        }
    }
}
