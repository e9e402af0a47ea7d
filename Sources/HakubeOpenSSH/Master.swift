// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeProcess
import HakubeRemote

/// ssh as the owner of one connection, over which commands run (ControlMaster, ssh_config(5)).
final class Master {
    let folder: HostFolder
    let log: String
    private let process: LocalProcess
    private var isWaitedFor = false

    /// Says `hakube-ready` as soon as commands can be run, and ends with the process.
    let output: Descriptor

    /// - Throws: `SystemError`.
    init(_ arguments: [String], environment: [String: String], in folder: HostFolder, log: String) throws {
        self.folder = folder
        self.log = log
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let said = try Descriptor.open(log, O_WRONLY | O_CREAT | O_APPEND)
        let (near, far) = try Descriptor.socketPair()
        output = near
        // The watcher has to know it before there is anything to end.
        let note = ["/bin/sh", "-c", "echo $$ >\"$0\"; exec \"$@\"", folder.pid]
        let started = LocalProcess.start(
            note + arguments, environment: environment, input: null, output: far, error: said)
        guard let process = started.process else { throw SystemError("/bin/sh", started.code) }
        self.process = process
    }

    deinit { end() }

    var hasEnded: Bool { isWaitedFor || process.hasEnded }

    func end() {
        guard !isWaitedFor else { return }
        isWaitedFor = true
        // Its commands and its proxies are in the same group.
        process.signal(SIGTERM)
        _ = process.wait()
    }

    /// What ssh needs to know of hakube's surroundings, with the program that carries secrets.
    static func environment(askPass: String, agentSocket: String?, hasProxies: Bool) -> [String: String] {
        // hakube's own variables hold secrets that no other program has to see.
        var values = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HAKUBE_") }
        values["LC_ALL"] = "C"
        values["SSH_ASKPASS"] = askPass
        values["SSH_ASKPASS_REQUIRE"] = "force"
        // Before OpenSSH 8.4 the program is used only where there is a display.
        if values["DISPLAY"] == nil { values["DISPLAY"] = ":0" }
        values["SSH_AUTH_SOCK"] = agentSocket
        // ssh hands proxies to this shell; hakube writes them for a POSIX one.
        if hasProxies { values["SHELL"] = "/bin/sh" }
        return values
    }
}
