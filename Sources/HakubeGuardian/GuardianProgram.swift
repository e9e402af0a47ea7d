// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// The program `hakube-guardian`.
///
/// Exit codes: 0 done, 1 failed, 2 bad arguments or configuration, 3 `--once` on a kernel without IPVS (a proxy has to be
/// kept running), 5 `status`: no guardian balances to a healthy server here.
package enum GuardianProgram {
    package static let version = "v0.1.0"

    package static func main() -> Never {
        signal(SIGPIPE, SIG_IGN)
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    static func run(_ arguments: [String]) -> Int32 {
        do {
            var problem: String?
            let command = try parse(arguments) { problem = $0 }
            return try perform(command, arguments, problem: problem)
        } catch let error as UsageError {
            Log.line("hakube-guardian: \(error)")
            return 2
        } catch {
            Log.line("hakube-guardian: \(error)")
            return 1
        }
    }

    private static func perform(
        _ command: GuardianCommand, _ arguments: [String], problem: String?
    ) throws(NetlinkError) -> Int32 {
        switch command {
        case .help: print(help)
        case .version: print("hakube-guardian \(version)")
        case .backend: print(try BackendChoice.make(wanted: nil).kind.rawValue)
        case .status(let runDirectory, let json):
            let report = StatusReport.read(runDirectory: runDirectory)
            print(json ? report.json : report.text)
            return report.exitCode
        case .guardian(let options): try guardian(options, arguments, problem: problem)
        case .once(let options): return try once(options)
        case .clean(let options): return try clean(options)
        }
        return 0
    }

    /// `tornFile` hears of a configuration that cannot be understood when its last good copy takes its place.
    private static func parse(
        _ arguments: [String], tornFile: (String) -> Void = { _ in }
    ) throws(UsageError) -> GuardianCommand {
        let kept = KeptConfiguration(stateDirectory: stateDirectory(in: arguments))
        return try GuardianCommand.parse(arguments) { path throws(UsageError) in
            let content = try kept.content(of: path)
            if let problem = content.problem { tornFile(problem) }
            return content.bytes
        }
    }

    /// Needed before the configuration can be read, so only the command line can set it for the copy.
    private static func stateDirectory(in arguments: [String]) -> String {
        let name = "--state-directory"
        for (index, word) in arguments.enumerated() {
            if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
            if word == name, index + 1 < arguments.count { return arguments[index + 1] }
        }
        return GuardianOptions.defaultStateDirectory
    }

    private static func guardian(
        _ options: GuardianOptions, _ arguments: [String], problem: String?
    ) throws(NetlinkError) {
        _ = hakube_raise_descriptor_limit()
        if let problem { Log.line("\(problem); starting with the last configuration that was understood") }
        let configuration = options.configPath.map { path in
            let kept = KeptConfiguration(stateDirectory: options.stateDirectory)
            return WatchedConfiguration(path: path, kept: kept, problem: problem) { () throws(UsageError) in
                var torn: String?
                let command = try parse(arguments) { torn = $0 }
                if let torn { throw UsageError(torn) }
                guard case .guardian(let options) = command else { return options }
                return options
            }
        }
        let choice = try BackendChoice.make(wanted: options.backend)
        _ = try Guardian(options: options, choice: choice, configuration: configuration).run(once: false)
    }

    private static func print(_ text: String) { Log.write(text, to: STDOUT_FILENO) }

    private static func once(_ options: GuardianOptions) throws(NetlinkError) -> Int32 {
        let choice = try BackendChoice.make(wanted: options.backend)
        guard choice.kind == .ipvs else {
            Log.line(
                "hakube-guardian: \(choice.reason), so a proxy has to stay: start the guardian without --once "
                    + "and keep it running")
            return 3
        }
        guard try Guardian(options: options, choice: choice).run(once: true) == .checked(healthy: true) else {
            Log.line(
                "hakube-guardian: the rules stand, but no real server was healthy within 30 s; see the lines above")
            return 1
        }
        return 0
    }

    private static func clean(_ options: GuardianOptions) throws(NetlinkError) -> Int32 {
        // It would make again what is removed here.
        if let running = ControlClient(runDirectory: options.runDirectory, patience: 15), !running.sendAway() {
            Log.line("hakube-guardian: the running guardian did not end within 15 s; stop its unit or pod first")
            return 1
        }
        if let client = try IPVSClient(), try client.removeService(options.virtual) {
            Log.line("removed the IPVS service \(options.virtual)")
        }
        if try RouteTable().remove(options.virtual.address) {
            Log.line("removed the local route to \(options.virtual.address)")
        }
        for name in ["guardian.json", "guardian.sock"] { unlink(options.runDirectory + "/" + name) }
        rmdir(options.runDirectory)
        unlink(KeptConfiguration(stateDirectory: options.stateDirectory).path)
        return 0
    }

    static let help = """
        Usage: hakube-guardian --virtual ADDRESS:PORT --real ADDRESS:PORT [--real …]
               hakube-guardian --config FILE
               hakube-guardian status [--output text|json]
               hakube-guardian backend

        Makes one virtual address reach the healthy ones of several API servers, for this host and its pods: by the
        kernel's IPVS, or as a TCP proxy where the kernel has none. IPv6 addresses stand in brackets.

          --virtual ADDRESS:PORT   the address that clients use; it needs no interface
          --real ADDRESS:PORT      an API server; give it once for each
          --node-address IP        source of this host's own connections (default: the kernel's choice)
          --backend KIND           auto, ipvs or proxy (default auto)
          --ca FILE                the cluster's CA; used as soon as it exists (default /etc/kubernetes/pki/ca.crt)
          --config FILE            the same settings as JSON (default /etc/hakube/guardian.json, if none are given)
          --metrics ADDRESS:PORT   /metrics (Prometheus) and /healthz, on loopback only, or off (default 127.0.0.1:10281)
          --run-directory DIR      status and hand-over (default /run/hakube)
          --state-directory DIR    the last configuration that was understood (default /var/lib/hakube)
          --once                   make the rules, see one healthy server, end; exit code 3 where only a proxy is possible
          --clean                  end a running guardian, remove the rules and the route
          --help, --version

        A guardian that starts while another one runs takes over from it without losing a connection; the earlier one
        ends with exit code 0. SIGTERM ends a guardian and leaves the IPVS rules.

        Exit codes: 0 done, 1 failed, 2 bad arguments, 3 --once without IPVS, 5 status: nothing healthy is reached.
        """
}
