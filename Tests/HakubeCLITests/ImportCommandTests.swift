// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import HakubeModel
import Testing

@testable import HakubeCLI

/// `hakube import`, and files with registries' passwords, from the command line.
@Suite struct ImportCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private static let rke = """
        nodes:
          - {address: 10.0.0.1, role: [controlplane, etcd, worker], docker_socket: /run/d.sock}
        kubernetes_version: v1.24.17-rancher1-1

        """

    private func hakube(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun.run(Checkout.hakube, arguments, environment: ["HAKUBE_HOME": folder.place("home")])
    }

    @Test func `the inventory goes to standard output, the report to standard error`() async throws {
        try folder.write(Self.rke, to: "cluster.yml")
        let run = try await hakube("import", folder.place("cluster.yml"))
        #expect(run.status == 0)
        #expect(run.out.hasPrefix("# Made by 'hakube import' of "))
        #expect(run.out.contains("\nkubernetes: v1.24.17\n"))
        #expect(run.err.contains("cluster.yml:2: nodes[0].docker_socket: it belongs to docker; "))
        try folder.write(run.out, to: "inventory.yaml")
        let plan = try await hakube("plan", "--assume-fresh", "-f", folder.place("inventory.yaml"))
        #expect(plan.status == 0, "\(plan.err)")
    }

    @Test func `--to writes a file once, and again only when told to`() async throws {
        try folder.write(Self.rke, to: "cluster.yml")
        let (source, target) = (folder.place("cluster.yml"), folder.place("i.yaml"))
        let first = try await hakube("import", source, "--to", target)
        #expect(first.status == 0 && first.out.isEmpty, "\(first.err)")
        try folder.write("mine", to: "i.yaml")
        let second = try await hakube("import", source, "--to", target)
        #expect(second.status == 2)
        #expect(second.err.contains("--to \(target): the file is there already; name another, or add --force"))
        #expect(folder.text(of: "i.yaml") == "mine")
        #expect(try await hakube("import", source, "--to", target, "--force").status == 0)
        #expect(folder.text(of: "i.yaml")?.contains("v1.24.17") == true)
    }

    @Test func `--output json is one object with inventory and report`() async throws {
        try folder.write(Self.rke, to: "cluster.yml")
        let run = try await hakube("import", folder.place("cluster.yml"), "--output", "json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [String: Any])
        #expect(object["tool"] as? String == "rke")
        #expect((object["inventory"] as? String)?.contains("10.0.0.1") == true)
        #expect((object["left"] as? [[String: Any]])?.first?["path"] as? String == "nodes[0].docker_socket")
        #expect(run.err.isEmpty)
    }

    @Test func `a file that is none, of nobody's, or of another tool ends with 2`() async throws {
        try folder.write("a: 1\n", to: "x.yaml")
        try folder.write(Self.rke, to: "cluster.yml")
        for arguments in [
            ["import", folder.place("gone")], ["import", folder.place("x.yaml")],
            ["import", folder.place("cluster.yml"), "--from", "sealos"],
            ["import", folder.place("cluster.yml"), "--from", "ansible"],
            ["import", folder.place("cluster.yml"), "--kubernetes", "latest"],
        ] {
            let run = try await ProgramRun.run(Checkout.hakube, arguments)
            #expect(run.status == 2 && run.out.isEmpty && !run.err.isEmpty, "\(arguments)")
        }
    }

    @Test(arguments: [
        "- < cluster.yml", "/dev/fd/63 63< <(cat cluster.yml)", "<(cat cluster.yml)", "/dev/stdin < cluster.yml",
    ])
    func `a file may come by standard input or a pipe`(words: String) async throws {
        try folder.write(Self.rke, to: "cluster.yml")
        let run = try await ProgramRun.run(
            "/bin/bash", ["-c", "cd '\(folder.place(""))' && '\(Checkout.hakube)' import \(words)"])
        #expect(run.status == 0, "\(run.err)")
        #expect(run.out.contains("\nkubernetes: v1.24.17\n"))
        if words.hasPrefix("-") { #expect(run.err.hasPrefix("standard input: RKE; ")) }
    }

    @Test func `a folder, nothing, and more than any file has are refused with a sentence`() async throws {
        let run = try await hakube("import", folder.place(""))
        #expect(run.status == 2)
        #expect(run.err.contains(": this is a folder; name the file in it"), "\(run.err)")
        let nothing = try await hakube("import", "/dev/null")
        #expect(nothing.status == 2)
        #expect(nothing.err.contains("/dev/null: it is no file of RKE, sealos, KubeKey or kubespray"), "\(nothing.err)")
        let endless = try await hakube("import", "/dev/zero")
        #expect(endless.status == 2)
        #expect(endless.err.contains("/dev/zero: it has more than 4 MiB, and is no configuration; leave it out"))
    }

    private func inventory(mode: Int) throws -> String {
        try folder.write("hunter2\n", to: "word")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.place("word"))
        try folder.write(
            "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nregistries: [{host: a.b, username: me, passwordFile: word}]\n",
            to: "c.yaml")
        return folder.place("c.yaml")
    }

    @Test func `a file with a password that others can read is refused`() async throws {
        let run = try await hakube("plan", "--assume-fresh", "-f", try inventory(mode: 0o640))
        #expect(run.status == 2)
        #expect(run.err.contains("c.yaml:3: the file word: others on this machine can read it; run: chmod 600 "))
    }

    @Test(arguments: ["hunter2\n", "hunter2\r\n", "hunter2\r\nanother line\r\n", "hunter2"])
    func `a password ends with its line, however lines end`(text: String) throws {
        try folder.write(text, to: "word")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.place("word"))
        #expect(PasswordFile.read(folder.place("word")) == .password(Secret("hunter2")))
    }

    @Test(arguments: [["plan", "--assume-fresh"], ["plan", "--assume-fresh", "--output", "json"]])
    func `a plan shows that there is a login and not what it is`(arguments: [String]) async throws {
        let file = try inventory(mode: 0o600)
        let run = try await ProgramRun.run(Checkout.hakube, arguments + ["-f", file])
        #expect(run.status == 0, "\(run.err)")
        #expect(run.out.contains("/etc/containerd/certs.d/a.b/hosts.toml"))
        // Base64 of me:hunter2.
        for text in [run.out, run.err] { #expect(!text.contains("hunter2") && !text.contains("bWU6aHVudGVyMg==")) }
    }

    @Test func `rendered files have a login of valid form that opens nothing`() async throws {
        let run = try await hakube(
            "render", "-f", try inventory(mode: 0o600), "--output", folder.place("out"))
        #expect(run.status == 0, "\(run.err)")
        let text = folder.text(of: "out/10.0.0.1/etc/containerd/certs.d/a.b/hosts.toml")
        #expect(text?.contains("Basic VVNFUk5BTUU6UEFTU1dPUkQ=") == true)
        for file in folder.files where file.hasPrefix("out/") {
            #expect(folder.text(of: file)?.contains("hunter2") != true)
        }
    }
}
