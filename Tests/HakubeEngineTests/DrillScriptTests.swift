// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubePlan

/// What stops an API server puts it back, whichever hand does it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DrillScriptTests {
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
                - --advertise-address=\(place.address)
                - --allow-privileged=true
            """, at: manifest, mode: 0o600)
    }

    private var scripts: DrillScripts { DrillScripts(kind: .process, target: place.target, fuse: 50) }

    @Test func `the server dies at once, its manifest is away, and comes back as it was`() async throws {
        let before = try await place.everything()
        let server = try await DrillServer(place, place.address)
        let other = try await DrillServer(place, "192.0.2.78")
        #expect(
            try await place.run(scripts.keeper, "clock 1\narm\nstop\nclock 2\n").prefix(5) == [
                "ready", "clock 1", "armed", "stopped", "clock 2",
            ])
        #expect(await server.endedBy() == SIGKILL)
        #expect(other.isRunning, "a server of another cluster is left alone")
        // The input had ended: that alone puts it back.
        #expect(try await place.everything() == before)
        #expect(place.told.first { $0.hasPrefix("systemd-run") }?.contains("--on-active=50s") == true)
        #expect(place.told.last { $0.hasPrefix("systemctl stop") } == "systemctl stop hakube-drill-restore.timer")
    }

    @Test func `while it is away all three hands are ready, and each puts all back`() async throws {
        let before = try await place.everything()
        let server = try await DrillServer(place, place.address)
        // What is there at the moment of the stop is looked at by the order for a clock.
        let look = place.here(scripts.keeper).replacing(
            "clock) say", with: "clock) cp -a \(place.path)/etc \(place.path)/run \(place.path)/away/; say")
        try FileManager.default.createDirectory(
            at: place.root.appending(path: "away"), withIntermediateDirectories: true)
        #expect(
            try await place.run(look, "arm\nstop\nclock 1\nrestore\n") == [
                "ready", "armed", "stopped", "clock 1", "restored",
            ])
        #expect(await server.endedBy() == SIGKILL)
        #expect(try await place.everything() == before)
        #expect(!place.exists("away/\(manifest)") && place.exists("away/\(kept)"))
        let line = "C \(place.path)/\(manifest) 0600 root root - \(place.path)/\(kept)\n"
        #expect(place.text(of: "away/\(boot)") == line)
        // The timer's hand, from what stood there then.
        try FileManager.default.removeItem(at: place.root.appending(path: "etc"))
        for name in ["etc", "run"] {
            let copy = ["/bin/cp", "-a", "\(place.path)/away/\(name)", place.path + "/"]
            _ = try await LocalProgram.aside { try LocalProgram.run(copy) }
        }
        let command = try #require(place.told.first { $0.hasPrefix("systemd-run") })
        #expect(command.hasSuffix("/bin/sh \(place.path)/run/hakube-drill/restore"))
        let restore = ["/bin/sh", "\(place.path)/run/hakube-drill/restore"]
        _ = try await LocalProgram.aside { try LocalProgram.run(restore) }
        #expect(try await place.everything() == before)
    }

    @Test func `a keeper that is ended by a signal puts back first`() async throws {
        let before = try await place.everything()
        let server = try await DrillServer(place, place.address)
        try place.place(place.here(scripts.keeper), at: "keeper")
        let text = """
            cd \(place.path)
            mkfifo in
            sh keeper <in >out &
            exec 3>in
            echo arm >&3
            echo stop >&3
            n=0
            until grep -q '^stopped\\|^failed' out || [ $n -ge 1200 ]; do sleep 0.05; n=$((n+1)); done
            [ ! -e \(manifest) ]
            kill -TERM $!
            wait $! || echo "ended with $?"
            rm in out
            """
        let out = try await LocalProgram.aside { try LocalProgram.run(["/bin/sh", "-euc", text]) }
        #expect(out == "ended with 143\n")
        #expect(await server.endedBy() == SIGKILL)
        #expect(try await place.everything() == before)
    }

    @Test func `nothing is stopped that was not armed, and nothing that does not run`() async throws {
        let before = try await place.everything()
        #expect(try await place.run(scripts.keeper, "stop\n") == ["ready", "failed nothing is armed"])
        #expect(
            try await place.run(scripts.keeper, "arm\nstop\nrestore\n") == [
                "ready", "armed", "failed no process of the API server runs here", "restored",
            ])
        #expect(try await place.everything() == before)
        try place.place("#!/bin/sh\necho no bus >&2\nexit 1\n", at: "bin/systemd-run", mode: 0o755)
        let server = try await DrillServer(place, place.address)
        #expect(
            try await place.run(scripts.keeper, "arm\nstop\n") == [
                "ready", "failed no timer can be armed: no bus", "failed nothing is armed",
            ])
        #expect(server.isRunning)
    }

    @Test func `what a drill left behind is put back, once and again, and whatever stands there already stays`()
        async throws
    {
        let recovery = DrillScripts.recovery(of: place.target)
        let before = try await place.everything()
        #expect(try await place.run(recovery).isEmpty)
        #expect(try await place.everything() == before)
        // After a power cut: systemd-tmpfiles has made a copy.
        try place.place("copy", at: kept)
        try place.place("C", at: boot)
        #expect(try await place.run(recovery).isEmpty)
        #expect(try await place.everything() == before)
        // hakube died, and so did the host's systemd.
        try FileManager.default.moveItem(at: place.root.appending(path: manifest), to: place.root.appending(path: kept))
        try FileManager.default.createDirectory(
            at: place.root.appending(path: "run/hakube-drill"), withIntermediateDirectories: true)
        #expect(try await place.run(recovery).isEmpty)
        #expect(try await place.everything() == before)
        try FileManager.default.removeItem(at: place.root.appending(path: manifest))
        #expect(try await place.run(recovery) == ["the API server has no manifest"])
    }

    @Test func `a host restarts at once when it is told to, and not before`() async throws {
        let keeper = DrillScripts(kind: .host, target: place.target, fuse: 30).keeper
        #expect(try await place.run(keeper, "clock 1\n") == ["ready", "clock 1"])
        #expect(!place.told.contains { $0.contains("reboot") })
        #expect(try await place.run(keeper, "stop\n") == ["ready", "stopped"])
        #expect(place.told.filter { $0.contains("reboot") } == ["systemctl reboot --force --force"])
        try place.place("#!/bin/sh\necho refused >&2\nexit 1\n", at: "bin/systemctl", mode: 0o755)
        #expect(try await place.run(keeper, "stop\n") == ["ready", "stopped", "failed refused"])
    }

    // MARK: - The question before

    private func answers(_ kind: DrillKind = .process) async throws -> [String: String] {
        let lines = try await place.run(DrillQuestion(kind: kind, target: place.target).script)
        var found: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1)
            let text = parts.count == 2 ? Data(base64Encoded: String(parts[1])) : Data()
            found[String(parts[0])] = String(decoding: text ?? Data(), as: UTF8.self)
        }
        return found
    }

    @Test func `a host says why a drill cannot be made on it, and what an earlier one has left`() async throws {
        #expect(try await answers()["obstacle"] == "no process of the API server runs here")
        let server = try await DrillServer(place, place.address)
        let found = try await answers()
        #expect(found["obstacle"]?.isEmpty == true && found["left"] == nil && found["end"] == "yes")
        #expect(found["boot"]?.split(separator: "\n").count == 2)
        try place.place("", at: kept)
        #expect(try await answers()["left"] == "\(place.path)/\(kept)")
        #expect(server.isRunning)
        try FileManager.default.removeItem(at: place.root.appending(path: manifest))
        #expect(try await answers()["obstacle"]?.hasPrefix("there is no ") == true)
        #expect(try await answers(.network)["obstacle"] == "no interface has the address \(place.address)")
        #expect(try await answers(.host)["obstacle"]?.isEmpty == true)
    }
}
