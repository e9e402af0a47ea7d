// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

/// A network namespace of its own with three API servers, this node's address, and room for guardians. What was started
/// in it ends with it.
final class TestNetwork {
    static let virtual = "10.103.97.2:6443"
    static let node = "10.0.0.9"

    let directory: String
    private let holder: ChildProcess
    private var servers: [Int: ChildProcess] = [:]

    /// Why the real tests cannot run here; nil when they can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "needs root for a network namespace" }
        for tool in ["unshare", "nsenter", "ip", "python3", "openssl"] where find(tool) == nil {
            return "needs \(tool)"
        }
        return guardian == nil ? "needs the program: HAKUBE_GUARDIAN=PATH, or hakube-guardian beside the tests" : nil
    }()

    /// The program under test.
    static let guardian: String? = {
        if let path = ProcessInfo.processInfo.environment["HAKUBE_GUARDIAN"] { return path }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        // Swift Testing runs in the test bundle itself or in a helper of the toolchain; the package's folder is where we are.
        let folders = [(own as NSString).deletingLastPathComponent, ".build/debug", ".build/release"]
        return folders.map { $0 + "/hakube-guardian" }.first(where: FileManager.default.isExecutableFile(atPath:))
            .map { URL(fileURLWithPath: $0).path }
    }()

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/hakube-guardian-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        holder = try ChildProcess(["unshare", "--net", "sh", "-c", "echo ready; cat"], in: directory)
        try holder.line(containing: "ready")
        for command in ["link set lo up", "address add \(Self.node)/32 dev lo"] {
            try succeed(["ip"] + command.split(separator: " ").map(String.init))
        }
        try succeed(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout",
                "key.pem", "-out", "certificate.pem", "-days", "2", "-subj", "/CN=test", "-addext",
                "subjectAltName=DNS:kubernetes.default.svc",
            ])
        for (name, text) in [
            ("server.py", PythonPrograms.server), ("client.py", PythonPrograms.client),
            ("holder.py", PythonPrograms.holder),
        ] {
            try text.write(toFile: directory + "/" + name, atomically: true, encoding: .utf8)
        }
        for number in 1...3 {
            try succeed(["ip", "address", "add", "10.0.0.\(number)/32", "dev", "lo"])
            try startServer(number)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    static func server(_ number: Int) -> String { "10.0.0.\(number):6443" }

    func startServer(_ number: Int) throws {
        let server = try start(["python3", "server.py", "10.0.0.\(number)", "6443", "m\(number)"])
        try server.line(containing: "listening")
        servers[number] = server
    }

    func killServer(_ number: Int) throws {
        servers[number]?.kill(SIGKILL)
        _ = try servers[number]?.exitCode()
    }

    func signalServer(_ number: Int, _ signal: Int32) { servers[number]?.kill(signal) }

    /// Starts a program in the namespace. `nsenter` without a fork becomes the program, so signals reach it.
    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(["nsenter", "--net=/proc/\(holder.processID)/ns/net", "--"] + arguments, in: directory)
    }

    /// Runs a program to its end and returns its lines and exit code.
    func run(_ arguments: [String], within seconds: Double = 15) throws -> (lines: [String], exitCode: Int32) {
        let process = try start(arguments)
        process.closeInput()
        let code = try process.exitCode(within: seconds)
        return (process.lines, code)
    }

    @discardableResult
    func succeed(_ arguments: [String]) throws -> [String] {
        let (lines, code) = try run(arguments)
        guard code == 0 else {
            throw ChildProcess.Failure(description: "\(arguments): exit code \(code)\n" + lines.joined(separator: "\n"))
        }
        return lines
    }

    /// The program's command line with the usual addresses.
    func guardianArguments(_ more: [String] = [], servers: [Int] = [1, 2, 3]) throws -> [String] {
        [try #require(Self.guardian), "--virtual", Self.virtual, "--node-address", Self.node]
            + servers.flatMap { ["--real", Self.server($0)] }
            + [
                "--backend", "proxy", "--run-directory", directory + "/run", "--state-directory", directory, "--ca",
                directory + "/ca.pem",
            ] + more
    }

    /// A proxying guardian that has seen all its servers up.
    func startGuardian(_ more: [String] = []) throws -> ChildProcess {
        let guardian = try start(try guardianArguments(more))
        for number in 1...3 { try guardian.line(containing: "\(Self.server(number)) is up") }
        return guardian
    }

    /// `hakube-guardian status`.
    func status(_ more: [String] = []) throws -> (lines: [String], exitCode: Int32) {
        try run([try #require(Self.guardian), "status", "--run-directory", directory + "/run"] + more)
    }

    /// Clients of the virtual address.
    func client(_ path: String = "/name", count: Int) throws -> ChildProcess {
        try start(["python3", "client.py", "10.103.97.2", "6443", path, String(count)])
    }

    private static func find(_ tool: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":").map { "\($0)/\(tool)" }.first(
            where: FileManager.default.isExecutableFile(atPath:))
    }
}
