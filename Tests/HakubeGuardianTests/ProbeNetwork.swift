// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import Testing

/// A network namespace with API servers that know their clients by certificates, and a kubelet's kubeconfig for them. What
/// was started in it ends with it.
final class ProbeNetwork {
    static let virtual = "10.103.97.2"

    let directory: String
    private let holder: ChildProcess
    private var servers: [Int: ChildProcess] = [:]

    init() throws {
        directory = FileManager.default.temporaryDirectory.path + "/hakube-probe-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        holder = try ChildProcess(["unshare", "--net", "sh", "-c", "echo ready; cat"], in: directory)
        try holder.line(containing: "ready")
        try write(ProbePrograms.server, to: "server.py")
        try write(ProbePrograms.certificates, to: "certificates.sh")
        try succeed(["sh", "-eu", "certificates.sh"])
        try succeed(["ip", "link", "set", "lo", "up"])
        for number in 1...3 { try succeed(["ip", "address", "add", Self.address(number) + "/32", "dev", "lo"]) }
        try succeed(["ip", "address", "add", "\(TestNetwork.node)/32", "dev", "lo"])
        try writeKubeconfig(server: "\(Self.address(1)):6443")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    static func address(_ number: Int) -> String { "10.0.0.\(number)" }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: directory + "/" + name, atomically: true, encoding: .utf8)
    }

    /// As kubeadm writes it for a kubelet that has joined.
    func writeKubeconfig(server: String, authority: String = "ca") throws {
        let data = try Data(contentsOf: URL(filePath: "\(directory)/\(authority).pem")).base64EncodedString()
        try write(
            """
            apiVersion: v1
            clusters:
            - cluster:
                certificate-authority-data: \(data)
                server: https://\(server)
              name: default-cluster
            contexts:
            - context:
                cluster: default-cluster
                user: default-auth
              name: default-context
            current-context: default-context
            kind: Config
            users:
            - name: default-auth
              user:
                client-certificate: \(directory)/client-current.pem
                client-key: \(directory)/client-current.pem
            """, to: "kubelet.conf")
    }

    func startServer(_ number: Int, _ environment: String...) throws {
        let server = try start(
            ["env"] + environment + ["python3", "server.py", Self.address(number), "6443", "m\(number)"])
        try server.line(containing: "listening")
        servers[number] = server
    }

    func server(_ number: Int) throws -> ChildProcess { try #require(servers[number]) }

    func signalServer(_ number: Int, _ signal: Int32) throws {
        try server(number).kill(signal)
        if signal == SIGKILL { _ = try server(number).exitCode() }
    }

    /// SHA-256 of a server's certificate, by another program's word.
    func digest(_ number: Int) throws -> String {
        let lines = try succeed([
            "openssl", "x509", "-in", "m\(number).pem", "-noout", "-fingerprint", "-sha256",
        ])
        return try #require(lines.last?.split(separator: "=").last).replacing(":", with: "").lowercased()
    }

    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(["nsenter", "--net=/proc/\(holder.processID)/ns/net", "--"] + arguments, in: directory)
    }

    func startProbe(_ more: String...) throws -> ChildProcess {
        try start([try #require(TestNetwork.guardian), "probe", "--kubeconfig", "kubelet.conf"] + more)
    }

    @discardableResult
    func succeed(_ arguments: [String]) throws -> [String] {
        let process = try start(arguments)
        process.closeInput()
        let code = try process.exitCode()
        guard code == 0 else {
            throw ChildProcess.Failure(description: "\(arguments): \(code)\n" + process.lines.joined(separator: "\n"))
        }
        return process.lines
    }
}

/// One line of a probe, as any JSON reader sees it.
struct ProbeWord: Decodable {
    let probe: Int?
    let server: String?
    let addresses: [String]?
    let user: String?
    let request: Int?
    let begin: Int?
    let end: Int?
    let at: Int?
    let ok: Bool?
    let status: Int?
    let why: String?
    let watch: String?
    let certificate: String?
    let mark: String?

    static func all(_ lines: [String]) throws -> [ProbeWord] {
        try lines.map { try JSONDecoder().decode(ProbeWord.self, from: Data($0.utf8)) }
    }
}
