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
        let said = try Descriptor.open(folder.errors, O_WRONLY | O_CREAT | O_APPEND)
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
        // Its proxies are in the same group.
        process.signal(SIGTERM)
        if !endsSoon { process.signal(SIGKILL) }
        // The watcher must not end whoever has the number next.
        unlink(folder.pid)
        _ = process.wait()
    }

    /// Its output ends with it. A network that takes nothing may keep it from saying goodbye for a minute.
    private var endsSoon: Bool {
        let deadline = Deadline(after: .seconds(1))
        return withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
            while true {
                if case .end = output.take(into: buffer) { return true }
                guard (try? Poll.wait([(output.number, Int16(POLLIN))], until: deadline, nil)) != nil else {
                    return false
                }
            }
        }
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
        // ssh hands proxies and its sign of readiness to this shell; an account may have one that runs nothing.
        let shell = values["SHELL"] ?? ""
        if hasProxies || shell.hasSuffix("/nologin") || shell.hasSuffix("/false") { values["SHELL"] = "/bin/sh" }
        return values
    }
}
