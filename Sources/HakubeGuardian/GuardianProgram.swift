// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import COpenSSL
import Glibc

/// The program `hakube-guardian`.
///
/// Exit codes: 0 done, 1 failed, 2 bad arguments or configuration, 3 `--once` on a kernel without IPVS (a proxy has to be
/// kept running), 5 `status`: no guardian works here as it should.
package enum GuardianProgram {
    package static let version = "v0.1.0"

    package static func main() -> Never {
        signal(SIGPIPE, SIG_IGN)
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    static func run(_ arguments: [String]) -> Int32 {
        do {
            let understood = try parse(arguments, allowingCopy: true)
            return try perform(understood, arguments)
        } catch let error as UsageError {
            Log.line("hakube-guardian: \(error)")
            return 2
        } catch {
            Log.line("hakube-guardian: \(error)")
            return 1
        }
    }

    private static func perform(
        _ understood: Understood, _ arguments: [String]
    ) throws(NetlinkError) -> Int32 {
        switch understood.command {
        case .help: print(help)
        case .version: print("hakube-guardian \(version)")
        case .backend: print(try BackendChoice.make(wanted: nil).kind.rawValue)
        case .status(let runDirectory, let json):
            let report = StatusReport.read(runDirectory: runDirectory)
            print(json ? report.json : report.text)
            return report.exitCode
        case .check(let options):
            let faults = ServerCheck.faults(options)
            for fault in faults { Log.line("hakube-guardian: \(fault)") }
            return faults.isEmpty ? 0 : 1
        case .routers(let watch):
            do throws(SystemFault) {
                guard let stranger = try watch.stranger() else { return 0 }
                Log.line(
                    "hakube-guardian: \(stranger) uses the virtual router ID \(watch.routerID) on this network already")
            } catch {
                Log.line("hakube-guardian: \(error)")
            }
            return 1
        case .probe(let options): return probe(options)
        case .guardian(let options): try guardian(options, arguments, understood)
        case .once(let options): return try once(options)
        case .clean(let options): return try clean(options)
        }
        return 0
    }

    private struct Understood {
        var command: GuardianCommand
        /// The configuration that had a say.
        var content: [UInt8]?
        /// What was wrong with the configuration when its last good copy took its place.
        var problem: String?
        var mark: FileMark?
    }

    /// Understands the arguments and the configuration. One that cannot be used, or is gone, is replaced by its last good
    /// copy, so that a worker finds its way after a power cut as well.
    private static func parse(_ arguments: [String], allowingCopy: Bool) throws(UsageError) -> Understood {
        var content: [UInt8]?
        var mark: FileMark?
        func parse(_ path: String?) throws(UsageError) -> GuardianCommand {
            try GuardianCommand.parse(arguments) { given throws(UsageError) in
                // Before it is read: what changes meanwhile is seen at the next beat.
                mark = FileMark(given)
                content = SmallFile.read(path ?? given)
                if content == nil, errno != ENOENT { throw UsageError("cannot read \(given): \(errorText(errno))") }
                return content
            }
        }
        do {
            return Understood(command: try parse(nil), content: content, mark: mark)
        } catch {
            let copy = KeptConfiguration(stateDirectory: stateDirectory(in: arguments)).path
            guard allowingCopy, FileMark(copy) != nil, let command = try? parse(copy) else { throw error }
            return Understood(command: command, problem: error.description, mark: mark)
        }
    }

    /// Needed before the configuration can be read, so only the command line can set it.
    private static func stateDirectory(in arguments: [String]) -> String {
        let name = "--state-directory"
        for (index, word) in arguments.enumerated() {
            if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
            if word == name, index + 1 < arguments.count { return arguments[index + 1] }
        }
        return GuardianOptions.defaultStateDirectory
    }

    private static func guardian(
        _ options: GuardianOptions, _ arguments: [String], _ understood: Understood
    ) throws(NetlinkError) {
        _ = hakube_raise_descriptor_limit()
        let kept = KeptConfiguration(stateDirectory: options.stateDirectory)
        if let content = understood.content { kept.keep(content) }
        if let problem = understood.problem {
            Log.line("\(problem); starting with the last configuration that was understood")
        }
        let configuration = options.configPath.map { path in
            WatchedConfiguration(path: path, mark: understood.mark, problem: understood.problem) {
                () throws(UsageError) in
                let again = try parse(arguments, allowingCopy: false)
                if let content = again.content { kept.keep(content) }
                guard case .guardian(let options) = again.command else { return options }
                return options
            }
        }
        let choice = try BackendChoice.make(wanted: options.backend)
        _ = try Guardian(options: options, choice: choice, configuration: configuration).run(once: false)
    }

    private static func probe(_ options: ProbeOptions) -> Int32 {
        // Without openssl.cnf, as a guardian.
        OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
        do {
            try Probe(options, input: STDIN_FILENO, output: STDOUT_FILENO).run()
            return 0
        } catch {
            Log.line("hakube-guardian: \(error)")
            return 2
        }
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
        var isRestarted = false
        let running = ControlClient(runDirectory: options.runDirectory, patience: 15)
        if let running, !running.sendAway() {
            Log.line("hakube-guardian: the running guardian did not end within 15 s; stop its unit or pod first")
            return 1
        }
        if let client = try IPVSClient(), try client.removeService(options.virtual) {
            Log.line("removed the IPVS service \(options.virtual)")
        }
        if try RouteTable().remove(options.virtual.address) {
            Log.line("removed the local route to \(options.virtual.address)")
        }
        // A unit or a static pod starts it again, and it makes everything again.
        for _ in 0..<15 where running != nil && !isRestarted {
            usleep(100_000)
            isRestarted = ControlClient(runDirectory: options.runDirectory) != nil
        }
        guard !isRestarted else {
            Log.line("hakube-guardian: its unit or pod has started it again; disable that first, then --clean")
            return 1
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
               hakube-guardian check [--https ADDRESS:PORT/PATH …] [--http ADDRESS:PORT/PATH …] [--peer ADDRESS:PORT …]
                               [--timeout MS] [--ca FILE]
               hakube-guardian routers --router-id N --interface NAME [--own ADDRESS …] [--span MS]
               hakube-guardian probe [--kubeconfig FILE] [--server NAME:PORT] [--path PATH] [--check] …

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

        A guardian that starts while another one runs takes over from it and no new connection is lost; the earlier one
        ends with exit code 0. A proxy gives the connections it has up to 5 s to end. SIGTERM ends a guardian and leaves the IPVS rules.

        check asks each address once and ends with 0 when all answer well within the time (default 1000), else with 1 and
        a line for each that does not. 403 is well unless a --peer answers 200 to the same question: then it is the answer of
        an API server that starts. keepalived calls it on masters.

        routers listens for VRRP (default 2500 ms) and ends with 1 as soon as somebody else uses the virtual router ID.

        probe asks the server of a kubeconfig (default /etc/kubernetes/kubelet.conf) on a new connection every 50 ms and keeps a
        watch, until its standard input ends; JSON lines tell what came. --interval, --timeout (milliseconds), --limit (seconds),
        --through SHA256 (the certificate of the server that the watch shall stand on); --check only says what would be asked.

        Exit codes: 0 done, 1 failed, 2 bad arguments, 3 --once without IPVS, 5 status: no guardian works
        here as it should; status says why.
        """
}
