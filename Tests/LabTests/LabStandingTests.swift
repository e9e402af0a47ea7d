// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// What an operator sees of a cluster that stands, on real hosts.
extension RealHosts.ClusterTests {
    private var operatorHome: String { Lab.folder.appending(path: "\(Self.lab.name)/second-operator").path() }

    private func hakube(_ arguments: String...) async throws -> ProgramRun {
        try await Self.lab.hakube(arguments, home: operatorHome)
    }

    /// Known to a machine that has never seen the cluster.
    private func adopted() async throws -> String {
        _ = try await Self.cluster.made()
        let run = try await hakube("adopt", "--from", Self.lab.address("master2"), "--key", Self.lab.key)
        #expect(run.status == 0, "\(run.out)\n\(run.err)")
        return Self.lab.address("master2")
    }

    @Test func `another machine finds the cluster through any master, and finds it well`() async throws {
        let master = try await adopted()
        try FileManager.default.removeItem(atPath: operatorHome)
        let lost = try await hakube("status")
        #expect(lost.status == 2)
        #expect(lost.err.contains("knows no cluster yet"))
        let found = try await hakube("status", "--from", master, "--key", Self.lab.key)
        #expect(found.status == 0, "\(found.out)\n\(found.err)")
        #expect(found.out.contains("5 hosts, all in order"))
        let again = try await hakube("status", "--output", "json")
        #expect(again.status == 0, "\(again.out)\n\(again.err)")
        #expect(again.out.contains("\"source\" : \"cluster\""))
        let worker = try await hakube("status", "--from", Self.lab.address("worker1"), "--key", Self.lab.key)
        #expect(worker.status == 4)
        #expect(worker.err.contains("this host is a worker"))
    }

    @Test func `a stopped kubelet and a wrong hosts line are named, each with its host`() async throws {
        _ = try await adopted()
        let (first, second) = (Self.lab.address("worker1"), Self.lab.address("worker2"))
        _ = try await Self.lab.on("worker1", "systemctl stop kubelet")
        _ = try await Self.lab.on("worker2", "sed -i 's/^10.103.97.2 /10.103.97.3 /' /etc/hosts")
        let run = try await hakube("status")
        _ = try await Self.lab.on("worker1", "systemctl start kubelet")
        _ = try await Self.lab.on("worker2", "sed -i 's/^10.103.97.3 /10.103.97.2 /' /etc/hosts")
        #expect(run.status == 5, "\(run.out)\n\(run.err)")
        #expect(run.out.contains("fault    \(first): the kubelet is inactive"))
        #expect(run.out.contains("fault    \(second): /etc/hosts says that apiserver.cluster.local is"))
        #expect(run.out.contains("5 hosts, 2 faults"))
    }

    @Test func `a command and a file reach every host, and the worst exit code is told`() async throws {
        _ = try await adopted()
        let file = Lab.folder.appending(path: "\(Self.lab.name)/parcel")
        let bytes = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) })
        try bytes.write(to: file)
        let copied = try await hakube("copy", "--all", file.path(), "/opt/parcels/")
        #expect(copied.status == 0, "\(copied.out)\n\(copied.err)")
        let sums = try await hakube("exec", "--all", "--", "sha256sum", "/opt/parcels/parcel")
        let digests = Set(sums.out.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst().first })
        #expect(digests.count == 1)
        #expect(sums.out.split(separator: "\n").count == 5)
        let again = try await hakube("copy", "--all", file.path(), "/opt/parcels/")
        #expect(again.err.components(separatedBy: "unchanged").count == 6, "\(again.err)")
        let removed = try await hakube("exec", "--host", "worker1", "--", "rm", "-r", "/opt/parcels")
        #expect(removed.status == 0)
        let failed = try await hakube("exec", "--nodes", "--", "rm", "-r", "/opt/parcels")
        #expect(failed.status == 5)
        #expect(failed.err.contains("1 of 2 hosts done"))
        _ = try await hakube("exec", "--masters", "--", "rm", "-r", "/opt/parcels")
    }

    @Test func `the kubeconfig goes into the file that is named, beside what is there`() async throws {
        _ = try await adopted()
        let file = Lab.folder.appending(path: "\(Self.lab.name)/config")
        try "kind: Config\ncurrent-context: home\n".write(to: file, atomically: true, encoding: .utf8)
        let run = try await hakube("kubeconfig", "--merge", file.path())
        #expect(run.status == 0, "\(run.err)")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains("current-context: home"))
        _ = try await Self.lab.on("master1", "umask 077; cat > /root/merged <<'END'\n\(text)\nEND")
        let nodes = try await Self.lab.on(
            "master1", "kubectl --kubeconfig /root/merged --context test get nodes -o name; rm /root/merged")
        #expect(nodes.out.split(separator: "\n").count == 5, "\(nodes.out)\(nodes.err)")
    }
}
