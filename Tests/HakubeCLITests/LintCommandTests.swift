// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// `hakube lint` as a program: what it prints and how it ends.
@Suite struct LintCommandTests {
    private let folder: ScratchFolder
    private static let cluster = """
        apiVersion: kubeadm.k8s.io/v1beta3
        kind: ClusterConfiguration
        kubernetesVersion: v1.30.4
        controlPlaneEndpoint: api.example.com:6443

        """

    init() throws { folder = try ScratchFolder() }

    private func lint(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun.run(
            Checkout.hakube, ["lint"] + arguments, environment: ["HAKUBE_HOME": folder.place("home")])
    }

    @Test func `nothing found ends with 0 and says how many files it was`() async throws {
        try folder.write(Self.cluster, to: "a.yaml")
        let run = try await lint(folder.place("a.yaml"), folder.place("a.yaml"))
        #expect(run.status == 0, "\(run.err)")
        #expect(run.out == "nothing found in 1 file\n")
    }

    @Test func `warnings alone end with 0`() async throws {
        try folder.write(Self.cluster + "networking: {podSubnet: 192.168.0.0/16}\n", to: "a.yaml")
        let run = try await lint(folder.place("a.yaml"))
        #expect(run.status == 0, "\(run.err)")
        #expect(run.out.hasPrefix("\(folder.place("a.yaml")):5  warning  pod-range-takes-lan\n    "), "\(run.out)")
        #expect(run.out.hasSuffix("\n1 warning in 1 file\n"), "\(run.out)")
    }

    @Test func `an error ends with 4, and no line of a paragraph is wider than 80 columns`() async throws {
        try folder.write(Self.cluster + "netwroking: {}\nclusterNames: x\n", to: "a.yaml")
        let run = try await lint(folder.place("a.yaml"))
        #expect(run.status == 4, "\(run.err)")
        #expect(run.err == "")
        let paragraphs = run.out.split(separator: "\n").filter { $0.hasPrefix("    ") }
        #expect(paragraphs.count >= 4 && paragraphs.allSatisfy { $0.count <= 80 }, "\(run.out)")
        #expect(paragraphs.contains { $0.contains("to do: write `clusterName`") }, "\(run.out)")
        #expect(run.out.hasSuffix("\n2 errors in 1 file\n"), "\(run.out)")
    }

    @Test func `json is one object a line, with the same keys each time`() async throws {
        try folder.write(Self.cluster + "clusterNames: x\n", to: "a.yaml")
        let run = try await lint("--output", "json", folder.place("a.yaml"))
        #expect(run.status == 4)
        let line = try #require(run.out.split(separator: "\n").first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object.keys.sorted() == ["file", "line", "message", "remedy", "rule", "severity"])
        #expect(object["line"] as? Int == 5)
        #expect(object["rule"] as? String == "kubeadm-unknown-field")
        #expect(object["severity"] as? String == "error")
    }

    @Test func `json of nothing found is nothing`() async throws {
        try folder.write(Self.cluster, to: "a.yaml")
        #expect(try await lint("--output", "json", folder.place("a.yaml")).out == "")
    }

    @Test func `--kubernetes holds the files against another release`() async throws {
        try folder.write(Self.cluster, to: "a.yaml")
        let run = try await lint("--kubernetes", "v1.37", folder.place("a.yaml"))
        #expect(run.status == 4)
        #expect(run.out.contains("kubeadm-api-version"), "\(run.out)")
    }

    @Test func `--as gives a file the kind that its content does not tell`() async throws {
        try folder.write("listen a\n    bind :1\n", to: "a")
        #expect(try await lint("--as", "hosts=\(folder.place("a"))").out.contains("hosts-line-broken"))
        #expect(try await lint(folder.place("a")).out == "nothing found in 1 file\n")
    }

    @Test func `standard input and pipes are read to their end`() async throws {
        try folder.write(Self.cluster + "clusterNames: x\n", to: "a.yaml")
        try folder.write("listen a\n    bind :1\n", to: "b")
        let command =
            #"cat "$2" | { "$1" lint --as hosts="$3" - || echo "ended with $?"; "$1" lint /dev/stdin < "$2"; }"#
        let run = try await ProgramRun.run(
            "/bin/sh", ["-c", command, "sh", Checkout.hakube, folder.place("a.yaml"), folder.place("b")],
            environment: ["HAKUBE_HOME": folder.place("home"), "PATH": "/usr/bin:/bin"])
        #expect(run.status == 4, "\(run.err)")
        #expect(run.out.hasPrefix("standard input:5 "), "\(run.out)")
        #expect(run.out.contains("in 2 files\nended with 4\n/dev/stdin:5 "), "\(run.out)")
    }

    @Test func `what never ends is read up to the limit and refused`() async throws {
        let run = try await ProgramRun.run(
            "/bin/sh", ["-c", #"yes | "$0" lint -"#, Checkout.hakube],
            environment: ["HAKUBE_HOME": folder.place("home"), "PATH": "/usr/bin:/bin"])
        #expect(run.status == 2)
        #expect(run.err.contains("standard input: it has more than 4"), "\(run.err)")
    }

    @Test func `files that cannot be read end with 2, all of them at once`() async throws {
        try folder.write([0x66, 0x00, 0xFF], to: "binary")
        let run = try await lint(folder.place("missing"), folder.place("binary"), folder.path, "--kubernetes", "new")
        #expect(run.status == 2)
        let errors = run.err.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(errors.count == 4, "\(run.err)")
        #expect(run.out == "")
    }

    @Test func `no file, and a kind that is none, end with 2`() async throws {
        #expect(try await lint().status == 2)
        #expect(try await lint("--as", "cheese=a").status == 2)
    }
}
