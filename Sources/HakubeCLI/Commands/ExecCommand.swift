// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeModel

/// `hakube exec`: one command on many hosts.
struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command or a script on hosts of a cluster, side by side.",
        usage: "hakube exec [--masters] [--nodes] [--etcd] [--all] [--host <host>] [<options>] -- COMMAND …",
        discussion: """
            Runs as root unless --as-login is given; standard input is empty. Each line of output carries its host. Ends with \
            5 when the command fails on any host.
            """)

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var selection: HostSelection
    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp(
            "A script in place of a command; - reads it from standard input.", valueName: "file"))
    var script: String?

    @Flag(help: "Run as the login account, not as root.")
    var asLogin = false

    @Option(help: ArgumentHelp("How long it may run on a host.", valueName: "seconds"))
    var timeout = 3600

    @Option(help: "text, or json: one object a line.")
    var output = OutputOptions.Format.text

    @Argument(parsing: .postTerminator, help: "The command and its arguments, behind --.")
    var command: [String] = []

    func validate() throws {
        guard script == nil || command.isEmpty else {
            throw ValidationError("--script and a command behind -- are two things to run; give one of them.")
        }
        guard script != nil || !command.isEmpty else {
            throw ValidationError("There is nothing to run: write -- COMMAND, or --script FILE.")
        }
        guard timeout >= 1 else { throw ValidationError("--timeout \(timeout) leaves no time; write 1 or more.") }
    }

    private func wanted() throws -> Script {
        let limit = Duration.seconds(timeout)
        guard let script else { return ExecScript.command(command, timeout: limit, asRoot: !asLogin) }
        let data =
            script == "-"
            ? try? FileHandle.standardInput.readToEnd() ?? Data() : try? Data(contentsOf: URL(filePath: script))
        guard let data, let text = String(validating: data, as: UTF8.self) else {
            throw InventoryError(problems: [
                Problem(
                    place: "--script \(script)", message: "cannot be read as UTF-8 text",
                    remedy: "name a script file, or -")
            ])
        }
        return ExecScript.file(text, timeout: limit, asRoot: !asLogin)
    }

    func run() async throws {
        let script = try wanted()
        let family = try await Interrupt.cancels { () -> ExitFamily in
            let standing = try await ClusterSource(cluster, connection).standing()
            let hosts = try selection.hosts(of: standing.spec)
            let output = FleetOutput(self.output)
            let run = ExecRun(script: script, pool: standing.session.pool, parallel: connection.parallel)
            let endings = await run.endings(on: hosts) {
                output.line($0, $1)
            } onEnd: { host, ending in
                if self.output == .json { output.json(ExecDocument(host, ending)) }
            }
            await standing.session.close()
            let good = endings.count { $0.1.isGood }
            if endings.count > 1 || good == 0 {
                var table = TextTable(["HOST", "NODE", "RESULT"])
                for (host, ending) in endings {
                    table.add([host.description, standing.spec.host(host)?.name ?? "?", ending.words])
                }
                output.summary(table, "\(good) of \(endings.count == 1 ? "1 host" : "\(endings.count) hosts") done")
            }
            if Task.isCancelled { return .interrupted }
            return good == endings.count ? .done : .step
        }
        guard family == .done else { throw RunEnded(family: family) }
    }
}

/// How a script ended on a host, for programs.
struct ExecDocument: Encodable {
    let host: String
    let status: Int?
    let error: String?

    init(_ host: HostID, _ ending: ExecRun.Ending) {
        self.host = host.description
        switch ending {
        case .status(let code): (status, error) = (code, nil)
        case .failed, .interrupted: (status, error) = (nil, ending.words)
        }
    }
}
