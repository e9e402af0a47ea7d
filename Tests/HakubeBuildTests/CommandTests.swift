// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBuild

/// The program itself: exit codes, sentences, Ctrl-C.
@Suite(.enabled(if: RegistryServer.isAvailable, "docker-registry is not installed"))
struct CommandTests {
    private func arguments(_ upstream: Upstream, _ more: [String] = []) throws -> [String] {
        let mirrors = upstream.mirrors.flatMap { ["--mirror", "\($0.from)=\($0.to)"] }
        return [
            "bundle", "build", "--kubernetes", Upstream.release, "--arch", "amd64",
            "--guardian", try upstream.guardian(.amd64), "--cache", "\(upstream.scratch.path)/cache",
            "--output", "\(upstream.scratch.path)/bundle.tar.zst",
        ] + mirrors + upstream.plainHosts.flatMap { ["--plain-http", $0] } + more
    }

    private func run(_ upstream: Upstream, _ arguments: [String]) async throws -> ProgramRun {
        try await ProgramRun.run(Checkout.hakube, arguments, environment: environment(upstream))
    }

    private func environment(_ upstream: Upstream) -> [String: String] {
        ["DOCKER_CONFIG": upstream.scratch.path, "HAKUBE_HOME": "\(upstream.scratch.path)/home"]
    }

    private func hasBundle(_ upstream: Upstream) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: upstream.scratch.path).contains { $0.hasPrefix("bundle") }
    }

    @Test func `a build ends with 0, and its file verifies`() async throws {
        let upstream = try await Upstream()
        let built = try await run(upstream, arguments(upstream))
        #expect(built.status == 0, "\(built.err)")
        #expect(built.out.contains("Kubernetes \(Upstream.release)"))
        let verified = try await run(upstream, ["bundle", "verify", "\(upstream.scratch.path)/bundle.tar.zst"])
        #expect(verified.status == 0, "\(verified.err)")
    }

    @Test func `what cannot be fetched ends with 6 and one sentence`() async throws {
        let upstream = try await Upstream()
        try upstream.site.follow([.init("amd64/kubectl", status: 404)])
        let built = try await run(upstream, arguments(upstream))
        #expect(built.status == 6)
        let sentences = built.err.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(sentences.count == 1)
        #expect(built.err.contains("https://dl.k8s.io/release/\(Upstream.release)/bin/linux/amd64/kubectl"))
        #expect(try !hasBundle(upstream))
    }

    @Test(arguments: [
        (["--cni", "cilium"], "--cni cilium: "), (["--cni", "weave"], "--cni weave: "),
        (["--component", "containerd"], "--component containerd: "), (["--arch", "mips"], "--arch mips: "),
        (["--mirror", "registry.k8s.io"], "--mirror registry.k8s.io: "), (["--output", "b.rar"], "--output b.rar: "),
        (["--output", "/none/b.tar"], "--output /none/b.tar: "),
        (["--file", "/none=bin/x"], "--file /none=bin/x: "), (["--sources", "/none"], "--sources /none: "),
        (["--ca", "/none"], "--ca /none: "), (["--kubernetes", "newest"], "--kubernetes newest: "),
        (["--guardian", "/etc/hostname"], "--guardian /etc/hostname: "), (["--image", "A B"], "--image A B: "),
        (["--manifest", "/none.yaml"], "--manifest /none.yaml: "), (["--ha", "kube-vip,vrrp"], "--ha vrrp: "),
    ])
    func `a flag that is wrong ends with 2 and is named`(_ flags: [String], _ words: String) async throws {
        let upstream = try await Upstream()
        let built = try await run(upstream, arguments(upstream, flags))
        #expect(built.status == 2, "\(built.err)")
        #expect(built.err.contains("error: \(words)"), "\(built.err)")
        #expect(try !hasBundle(upstream))
    }

    @Test func `a script of named sources is announced, and its failure is one sentence`() async throws {
        let upstream = try await Upstream()
        let scratch = upstream.scratch
        let yaml = "format: 1\nkubernetes: v1.36.1\narches: [amd64]\nrun: make.sh\nfiles: [{from: bin/kubeadm}]\n"
        try scratch.write(yaml, to: "own/sources.yaml")
        let script = try scratch.write("#!/bin/sh\necho \"made in $1\"\nexit 3\n", to: "own/make.sh", mode: 0o755)
        let built = try await run(
            upstream, ["bundle", "build", "--sources", "\(scratch.path)/own", "--cache", "\(scratch.path)/cache"])
        #expect(built.status == 6)
        let announced = try #require(built.err.firstRange(of: "running \(script)"))
        let said = try #require(built.err.firstRange(of: "made in \(scratch.path)/cache/made/own"))
        #expect(announced.lowerBound < said.lowerBound)
        #expect(built.err.contains("error: \(script): ended with status 3"))
    }

    @Test func `after Ctrl-C the next run goes on with the part that is there`() async throws {
        let upstream = try await Upstream()
        // The first two that fit are the checksum, which is shorter, and the file.
        try upstream.site.follow([.init("amd64/kubelet", times: 2, cut: 50_000, hold: true)])
        let program = try RunningProgram(
            Checkout.hakube, try arguments(upstream), environment: environment(upstream))
        let part = try await partOfKubelet(upstream, bytes: 50_000)
        program.signal(SIGINT)
        #expect(await program.ended() == 130, "\(program.err)")
        #expect(program.err.contains("goes on with what was fetched"))
        #expect(FileManager.default.fileExists(atPath: part))
        #expect(try !hasBundle(upstream))
        try upstream.site.follow([])
        let built = try await run(upstream, arguments(upstream))
        #expect(built.status == 0, "\(built.err)")
        let kubelet = try upstream.site.requests.last { $0.path.hasSuffix("amd64/kubelet") }
        #expect(kubelet?.status == 206)
    }

    /// Returns when so much of the download has come.
    private func partOfKubelet(_ upstream: Upstream, bytes: Int) async throws -> String {
        let folder = "\(upstream.scratch.path)/cache/files"
        for _ in 0..<3000 {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            where name.hasSuffix("kubelet.part") {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                if (attributes[.size] as? Int ?? 0) >= bytes { return "\(folder)/\(name)" }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw LocalProgram.Failure(description: "no part of kubelet appears in \(folder)")
    }
}
