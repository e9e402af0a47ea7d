// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// Bad input gets its sentence and the exit code of its family, before any host is asked.
@Suite struct ExitCodeTests {
    private func hakube(_ arguments: String...) async throws -> ProgramRun {
        let home = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: home) }
        return try await ProgramRun.run(Checkout.hakube, arguments, environment: ["HAKUBE_HOME": home])
    }

    @Test func `the same master twice ends with 2 and names the address`() async throws {
        let run = try await hakube(
            "plan", "--assume-fresh", "--kubernetes", "v1.34.2", "--masters", "10.0.0.1,10.0.0.2,10.0.0.1")
        #expect(run.status == 2)
        #expect(run.err.contains("10.0.0.1"), "\(run.err)")
    }

    @Test func `an even number of masters ends with 2`() async throws {
        let run = try await hakube("plan", "--assume-fresh", "--kubernetes", "v1.34.2", "--masters", "10.0.0.1-2")
        #expect(run.status == 2)
        #expect(run.err.contains("2 masters"), "\(run.err)")
    }

    @Test func `render shows a cluster of 20 masters and warns that init would refuse it`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "render-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try await hakube(
            "render", "--kubernetes", "v1.34.2", "--masters", "10.0.0.1-20", "--output", folder.path())
        #expect(run.status == 0, "\(run.err)")
        #expect(run.err.contains("odd number"), "\(run.err)")
        let file = folder.appending(path: "10.0.0.1/etc/hakube/kubeadm-init.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        for number in 1...20 { #expect(text.contains("- \"10.0.0.\(number)\"\n")) }
    }

    @Test func `a pod subnet over a host's address ends with 2`() async throws {
        let run = try await hakube(
            "plan", "--assume-fresh", "--kubernetes", "v1.34.2", "--masters", "10.0.0.1", "--pod-subnet", "10.0.0.0/16")
        #expect(run.status == 2)
        #expect(run.err.contains("10.0.0.0/16"), "\(run.err)")
    }

    @Test func `several problems come at once, each on its line`() async throws {
        let run = try await hakube(
            "plan", "--assume-fresh", "--kubernetes", "v1.10.0", "--masters", "10.0.0.1-2", "--vip", "10.0.0.1")
        #expect(run.status == 2)
        #expect(run.err.split(separator: "\n").filter { $0.hasPrefix("error: ") }.count >= 3, "\(run.err)")
    }

    @Test func `a flag that does not exist ends with 2`() async throws {
        #expect(try await hakube("init", "--mastres", "10.0.0.1").status == 2)
    }

    @Test func `a file that is no bundle ends with 6`() async throws {
        let run = try await hakube("init", "--masters", "10.0.0.1", "--bundle", "/etc/hostname", "--yes")
        #expect(run.status == 6, "\(run.err)")
        #expect(run.err.contains("/etc/hostname"), "\(run.err)")
    }

    @Test func `problems of an inventory are told beside those of its bundle, and end with 2`() async throws {
        for command in ["init", "push"] {
            let run = try await hakube(
                command, "--masters", "10.0.0.1", "--vip", "10.0.0.1", "--bundle", "/nonexistent.tar.zst", "--yes")
            #expect(run.status == 2)
            #expect(run.err.contains("--vip: ") && run.err.contains("/nonexistent.tar.zst"), "\(run.err)")
        }
    }

    @Test func `a bundle that is not there ends with 6`() async throws {
        #expect(try await hakube("bundle", "verify", "/nonexistent.tar.zst").status == 6)
    }

    @Test func `help and version end with 0 on standard output`() async throws {
        let help = try await hakube("--help")
        #expect(help.status == 0)
        #expect(help.out.contains("hakube init"))
        #expect(try await hakube("--version").out == "0.1.0\n")
    }

    @Test func `the plan as JSON holds phases, lanes, steps and no marker of a secret`() async throws {
        let run = try await hakube(
            "plan", "--assume-fresh", "--kubernetes", "v1.34.2", "--masters", "10.0.0.1-3", "--nodes", "10.0.0.4",
            "--output", "json")
        #expect(run.status == 0, "\(run.err)")
        let plan = try #require(try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [String: Any])
        let phases = try #require(plan["phases"] as? [[String: Any]])
        #expect(phases.contains { $0["id"] as? String == "join" })
        #expect(!run.out.contains("<<hakube:"))
    }

    @Test func `render writes every host's files where they would stand`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "render-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = try await hakube(
            "render", "--kubernetes", "v1.36.4", "--masters", "10.0.0.1-3", "--nodes", "10.0.0.4", "--output",
            folder.path())
        #expect(run.status == 0, "\(run.err)")
        for path in [
            "10.0.0.1/etc/hakube/kubeadm-init.yaml", "10.0.0.2/etc/hakube/kubeadm-join.yaml",
            "10.0.0.4/etc/kubernetes/manifests/hakube-guardian.yaml", "10.0.0.4/etc/hakube/guardian.json",
        ] {
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: path).path()), "\(path)")
        }
        let hosts = try String(contentsOf: folder.appending(path: "10.0.0.4/etc/hosts"), encoding: .utf8)
        #expect(hosts.contains("\n10.103.97.2 apiserver.cluster.local\n"))
    }
}
