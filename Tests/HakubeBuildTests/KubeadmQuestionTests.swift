// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeBundle
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBuild

@Suite struct KubeadmQuestionTests {
    private func ask(
        _ body: String, repository: String? = nil, limit: Duration = .seconds(30)
    ) async throws -> [String] {
        let scratch = try Scratch()
        let program = try scratch.write("#!/bin/sh\n\(body)\n", to: "kubeadm", mode: 0o755)
        let release = try #require(KubernetesVersion("v1.36.4"))
        return try await KubeadmQuestion.images(
            program, of: release, repository: repository, scratch: "\(scratch.path)/answer", limit: limit)
    }

    @Test func `its answer is the list, line by line`() async throws {
        let names = try await ask("echo registry.k8s.io/pause:3.10; echo registry.k8s.io/etcd:3.6.8-0; echo noise >&2")
        #expect(names == ["registry.k8s.io/pause:3.10", "registry.k8s.io/etcd:3.6.8-0"])
    }

    @Test func `the release and the repository are named to it`() async throws {
        let asked = try await ask("echo registry.example/a:x$4$6$7", repository: "registry.example.com")
        #expect(asked == ["registry.example/a:x--kubernetes-version--image-repositoryregistry.example.com"])
        #expect(try await ask("echo registry.example/a:$5") == ["registry.example/a:v1.36.4"])
    }

    @Test func `it is given no way to the network and none of the operator's environment`() async throws {
        let environment = try await ask("echo localhost/a:$https_proxy | tr -d /: | sed s,localhostahttp,localhost/a:,")
        #expect(environment == ["localhost/a:127.0.0.19"])
        #expect(
            try await ask(#"echo "localhost/a:${HAKUBE_HOME:-none}${KUBECONFIG:-none}""#) == ["localhost/a:nonenone"])
    }

    @Test(arguments: ["exit 1", "echo cannot reach", "true", "kill -9 $$"])
    func `an answer that is no list is an error that names the program`(_ body: String) async throws {
        let error = try await #require(throws: BundleError.self) { try await ask(body) }
        #expect(error.problems[0].place.hasSuffix("/kubeadm"))
    }

    @Test func `one that does not end is ended with all that it started`() async throws {
        let scratch = try Scratch()
        let error = try await #require(throws: BundleError.self) {
            try await ask("sleep 1000 & echo $! > \(scratch.path)/child; wait", limit: .milliseconds(300))
        }
        #expect(error.problems[0].message.contains("has not ended"))
        let child = try #require(Int32(try String(contentsOfFile: "\(scratch.path)/child", encoding: .utf8).dropLast()))
        // Gone, or still waiting for whoever reaps orphans.
        func isGone() -> Bool {
            let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8).split(separator: " ")[2]
            return state == nil || state == "Z"
        }
        // The signal is on its way: a process that is killed while it sleeps dies when it is next given the processor.
        let deadline = ContinuousClock.now + .seconds(10)
        while !isGone(), ContinuousClock.now < deadline { await Task.yield() }
        #expect(isGone())
    }

    @Test func `the real kubeadm of Debian's bundle answers`() async throws {
        let path = ProcessInfo.processInfo.environment["HAKUBE_KUBEADM"] ?? ""
        guard FileManager.default.isExecutableFile(atPath: path) else {
            try Test.cancel("HAKUBE_KUBEADM names no kubeadm")
        }
        let scratch = try Scratch()
        let release = try #require(KubernetesVersion("v1.20.2"))
        let names = try await KubeadmQuestion.images(
            path, of: release, repository: nil, scratch: "\(scratch.path)/answer")
        #expect(names.contains("k8s.gcr.io/pause:3.2"))
        #expect(names.count == 7)
        let elsewhere = try await KubeadmQuestion.images(
            path, of: release, repository: "registry.example.com/k8s", scratch: "\(scratch.path)/answer")
        #expect(elsewhere.contains("registry.example.com/k8s/coredns:1.7.0"))
    }
}
