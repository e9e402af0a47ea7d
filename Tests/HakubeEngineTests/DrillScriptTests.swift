// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// What stops an API server puts it back, whichever hand does it.
@Suite(.timeLimit(.minutes(1))) struct DrillScriptTests {
    private let place: DrillRoot
    private let manifest = "etc/kubernetes/manifests/kube-apiserver.yaml"
    private let kept = "etc/kubernetes/manifests/.kube-apiserver.yaml.hakube-drill"
    private let boot = "etc/tmpfiles.d/hakube-drill.conf"

    init() throws {
        place = try DrillRoot()
        // A script bears its own name as a process. It reads from a pipe that nobody writes to.
        try place.place("#!/bin/sh\nread -r line\n", at: "bin/kube-apiserver", mode: 0o755)
        try place.place(
            """
            spec:
              containers:
              - command:
                - kube-apiserver
                - --advertise-address=\(DrillRoot.address)
                - --allow-privileged=true
            """, at: manifest, mode: 0o600)
    }

    private var scripts: DrillScripts { DrillScripts(kind: .process, target: place.target, fuse: 50) }

    /// An API server that runs until it is killed.
    private final class Server {
        private let process: pid_t
        /// Nobody writes to it.
        private let input: Int32
        private var hasEnded = false

        init(_ place: DrillRoot, _ address: String) throws {
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
            try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
            input = ends[1]
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
            let program = "\(place.path)/bin/kube-apiserver"
            process = try LocalProgram.spawn(
                [program, "--secure-port=6443", "--advertise-address=\(address)"], ["PATH": "/usr/bin:/bin"], &actions)
            close(ends[0])
            // It has its name once it runs.
            let deadline = ContinuousClock.now + .seconds(20)
            while (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) != "kube-apiserver\n",
                ContinuousClock.now < deadline
            {}
        }

        deinit {
            close(input)
            guard !hasEnded else { return }
            kill(process, SIGKILL)
            _ = LocalProgram.wait(for: process)
        }

        var isRunning: Bool { !hasEnded && waitpid(process, nil, WNOHANG) == 0 }

        /// The signal that ended it; waits for that.
        func endedBy() -> Int32 {
            hasEnded = true
            return LocalProgram.wait(for: process) - 128
        }
    }

    @Test func `the server dies at once, its manifest is away, and comes back as it was`() throws {
        let before = try place.everything()
        let (server, other) = try (Server(place, DrillRoot.address), Server(place, "192.0.2.78"))
        #expect(
            try place.run(scripts.keeper, "clock 1\narm\nstop\nclock 2\n").prefix(5) == [
                "ready", "clock 1", "armed", "stopped", "clock 2",
            ])
        #expect(server.endedBy() == SIGKILL)
        #expect(other.isRunning, "a server of another cluster is left alone")
        // The input had ended: that alone puts it back.
        #expect(try place.everything() == before)
        #expect(place.told.first { $0.hasPrefix("systemd-run") }?.contains("--on-active=50s") == true)
        #expect(place.told.last { $0.hasPrefix("systemctl stop") } == "systemctl stop hakube-drill-restore.timer")
    }

    @Test func `while it is away all three hands are ready, and each puts all back`() throws {
        let before = try place.everything()
        let server = try Server(place, DrillRoot.address)
        // What is there at the moment of the stop is looked at by the order for a clock.
        let look = place.here(scripts.keeper).replacing(
            "clock) say", with: "clock) cp -a \(place.path)/etc \(place.path)/run \(place.path)/away/; say")
        try FileManager.default.createDirectory(
            at: place.root.appending(path: "away"), withIntermediateDirectories: true)
        let (_, printed) = try LocalProgram.outcome(
            ["/bin/sh", "-c", "set -eu; eval \"$1\"", "sh", look], input: "arm\nstop\nclock 1\nrestore\n")
        #expect(
            printed.split(separator: "\n").map(DrillRoot.withoutTime) == [
                "ready", "armed", "stopped", "clock 1", "restored",
            ])
        #expect(server.endedBy() == SIGKILL)
        #expect(try place.everything() == before)
        #expect(!place.exists("away/\(manifest)") && place.exists("away/\(kept)"))
        let line = "C \(place.path)/\(manifest) 0600 root root - \(place.path)/\(kept)\n"
        #expect(place.text(of: "away/\(boot)") == line)
        // The timer's hand, from what stood there then.
        try FileManager.default.removeItem(at: place.root.appending(path: "etc"))
        for name in ["etc", "run"] {
            _ = try LocalProgram.run(["/bin/cp", "-a", "\(place.path)/away/\(name)", place.path + "/"])
        }
        let command = try #require(place.told.first { $0.hasPrefix("systemd-run") })
        #expect(command.hasSuffix("/bin/sh \(place.path)/run/hakube-drill/restore"))
        _ = try LocalProgram.run(["/bin/sh", "\(place.path)/run/hakube-drill/restore"])
        #expect(try place.everything() == before)
    }

    @Test func `a keeper that is ended by a signal puts back first`() throws {
        let before = try place.everything()
        let server = try Server(place, DrillRoot.address)
        try place.place(place.here(scripts.keeper), at: "keeper")
        let out = try LocalProgram.run([
            "/bin/sh", "-euc",
            """
            cd \(place.path)
            mkfifo in
            sh keeper <in >out &
            exec 3>in
            echo arm >&3
            echo stop >&3
            until grep -q '^stopped' out; do :; done
            [ ! -e \(manifest) ]
            kill -TERM $!
            wait $! || echo "ended with $?"
            rm in out
            """,
        ])
        #expect(out == "ended with 143\n")
        #expect(server.endedBy() == SIGKILL)
        #expect(try place.everything() == before)
    }

    @Test func `nothing is stopped that was not armed, and nothing that does not run`() throws {
        let before = try place.everything()
        #expect(try place.run(scripts.keeper, "stop\n") == ["ready", "failed nothing is armed"])
        #expect(
            try place.run(scripts.keeper, "arm\nstop\nrestore\n") == [
                "ready", "armed", "failed no process of the API server runs here", "restored",
            ])
        #expect(try place.everything() == before)
        try place.place("#!/bin/sh\necho no bus >&2\nexit 1\n", at: "bin/systemd-run", mode: 0o755)
        let server = try Server(place, DrillRoot.address)
        #expect(
            try place.run(scripts.keeper, "arm\nstop\n") == [
                "ready", "failed no timer can be armed: no bus", "failed nothing is armed",
            ])
        #expect(server.isRunning)
    }

    @Test func `what a drill left behind is put back, once and again, and whatever stands there already stays`() throws
    {
        let recovery = DrillScripts.recovery(of: place.target)
        let before = try place.everything()
        #expect(try place.run(recovery).isEmpty)
        #expect(try place.everything() == before)
        // After a power cut: systemd-tmpfiles has made a copy.
        try place.place("copy", at: kept)
        try place.place("C", at: boot)
        #expect(try place.run(recovery).isEmpty)
        #expect(try place.everything() == before)
        // hakube died, and so did the host's systemd.
        try FileManager.default.moveItem(at: place.root.appending(path: manifest), to: place.root.appending(path: kept))
        try FileManager.default.createDirectory(
            at: place.root.appending(path: "run/hakube-drill"), withIntermediateDirectories: true)
        #expect(try place.run(recovery).isEmpty)
        #expect(try place.everything() == before)
        try FileManager.default.removeItem(at: place.root.appending(path: manifest))
        #expect(try place.run(recovery) == ["the API server has no manifest"])
    }

    @Test func `a host restarts at once when it is told to, and not before`() throws {
        let keeper = DrillScripts(kind: .host, target: place.target, fuse: 30).keeper
        #expect(try place.run(keeper, "clock 1\n") == ["ready", "clock 1"])
        #expect(!place.told.contains { $0.contains("reboot") })
        #expect(try place.run(keeper, "stop\n") == ["ready", "stopped"])
        #expect(place.told.filter { $0.contains("reboot") } == ["systemctl reboot --force --force"])
        try place.place("#!/bin/sh\necho refused >&2\nexit 1\n", at: "bin/systemctl", mode: 0o755)
        #expect(try place.run(keeper, "stop\n") == ["ready", "stopped", "failed refused"])
    }

    // MARK: - The question before

    private func answers(_ kind: DrillKind = .process) throws -> [String: String] {
        let lines = try place.run(DrillQuestion(kind: kind, target: place.target).script)
        var found: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1)
            let text = parts.count == 2 ? Data(base64Encoded: String(parts[1])) : Data()
            found[String(parts[0])] = String(decoding: text ?? Data(), as: UTF8.self)
        }
        return found
    }

    @Test func `a host says why a drill cannot be made on it, and what an earlier one has left`() throws {
        #expect(try answers()["obstacle"] == "no process of the API server runs here")
        let server = try Server(place, DrillRoot.address)
        let found = try answers()
        #expect(found["obstacle"]?.isEmpty == true && found["left"] == nil && found["end"] == "yes")
        #expect(found["boot"]?.split(separator: "\n").count == 2)
        try place.place("", at: kept)
        #expect(try answers()["left"] == "\(place.path)/\(kept)")
        #expect(server.isRunning)
        try FileManager.default.removeItem(at: place.root.appending(path: manifest))
        #expect(try answers()["obstacle"]?.hasPrefix("there is no ") == true)
        #expect(try answers(.network)["obstacle"] == "no interface has the address \(DrillRoot.address)")
        #expect(try answers(.host)["obstacle"]?.isEmpty == true)
    }
}
