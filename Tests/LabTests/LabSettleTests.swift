// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// Labels, taints and DNS follow the inventory of a cluster that stands, and what hakube gave goes again with it.
extension RealHosts.ClusterTests {
    private static let worker = "node-role.kubernetes.io/worker"

    /// The cluster's hosts, and what a test wants of them.
    private func inventory(_ more: String, master: String = "", node: String = "") throws -> String {
        let lab = Self.lab
        let base = try String(contentsOf: Checkout.root.appending(path: "lab/cluster.yaml"), encoding: .utf8)
        let kubeadm = try #require(base.range(of: "kubeadm:"))
        let text = """
            cluster: test
            masters:
              - {address: \(lab.address("master1"))\(master)}
              - \(lab.network).12-13
            nodes:
              - {address: \(lab.address("worker1"))\(node)}
              - \(lab.address("worker2"))
            ssh: {user: root}
            \(more)
            \(base[kubeadm.lowerBound...])
            """
        let file = Lab.folder.appending(path: "\(lab.name)/settled.yaml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path()
    }

    private func settle(_ file: String) async throws -> ProgramRun {
        try await Self.lab.hakube(["init", "-f", file, "--key", Self.lab.key, "--bundle", Lab.bundle, "--yes"])
    }

    private func kubectl(_ arguments: String) async throws -> String {
        let run = try await Self.lab.on("master2", "kubectl \(arguments)")
        #expect(run.status == 0, "kubectl \(arguments): \(run.err)")
        return run.out.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func taints(_ node: String) async throws -> String {
        try await kubectl("get node \(node) -o 'jsonpath={.spec.taints[*].key}'")
    }

    private func label(_ key: String, of node: String) async throws -> String {
        try await kubectl("get node \(node) -o go-template='{{index .metadata.labels \"\(key)\"}}'")
    }

    private func dnsHosts() async throws -> [Substring] {
        let pods = "-n kube-system get pods -l k8s-app=kube-dns -o 'jsonpath={.items[*].spec.nodeName}'"
        return try await kubectl(pods).split(separator: " ").sorted()
    }

    @Test func `labels, taints and DNS follow the inventory, and go with it`() async throws {
        _ = try await Self.cluster.made()
        let file = try inventory(
            "dns: {replicas: masters, on: masters}", master: ", taints: []",
            node: ", labels: {zone: a, \(Self.worker): }, taints: ['dedicated=db:NoSchedule']")
        let run = try await settle(file)
        #expect(run.status == 0, "\(run.out)\n\(run.err)")
        #expect(try await taints("master1") == "")
        #expect(try await taints("master2") == "node-role.kubernetes.io/master")
        #expect(try await taints("worker1") == "dedicated")
        #expect(try await label("zone", of: "worker1") == "a")
        #expect(try await kubectl("get nodes -l \(Self.worker)= -o name") == "node/worker1")
        // Spread is a preference of the scheduler's, the masters are not.
        let servers = try await dnsHosts()
        #expect(!servers.isEmpty && Set(servers).isSubset(of: ["master1", "master2", "master3"]), "\(servers)")

        // By hand: something of ours is altered, something else is added.
        _ = try await kubectl("label --overwrite node worker1 zone=b theirs=1")
        _ = try await kubectl("taint node worker1 theirs=1:PreferNoSchedule")
        let mended = try await settle(file)
        #expect(mended.status == 0, "\(mended.out)\n\(mended.err)")
        #expect(mended.out.contains("1 changed"), "\(mended.out)")
        #expect(try await label("zone", of: "worker1") == "a")
        let again = try await settle(file)
        #expect(again.out.contains("0 changed"), "\(again.out)\n\(again.err)")

        // Only what hakube gave is taken.
        let back = try await settle(try inventory(""))
        #expect(back.status == 0, "\(back.out)\n\(back.err)")
        #expect(try await taints("master1") == "node-role.kubernetes.io/master")
        #expect(try await taints("worker1") == "theirs")
        #expect(try await label("zone", of: "worker1") == "<no value>")
        #expect(try await label("theirs", of: "worker1") == "1")
        let coredns = "-n kube-system get deployment coredns -o go-template="
        #expect(try await kubectl("\(coredns)'{{.spec.replicas}} {{len .spec.template.spec.nodeSelector}}'") == "2 1")
        let calm = try await settle(try inventory(""))
        #expect(calm.out.contains("0 changed"), "\(calm.out)\n\(calm.err)")
        _ = try await kubectl("label node worker1 theirs-")
        _ = try await kubectl("taint node worker1 theirs-")
    }

    @Test func `pools are refused where nobody announces their addresses`() async throws {
        _ = try await Self.cluster.made()
        let run = try await settle(try inventory("loadBalancer: {pools: {global: \(Self.lab.network).210-219}}"))
        #expect(run.status == 2, "\(run.out)\n\(run.err)")
        #expect(run.err.contains("pools of service addresses are kube-vip's"), "\(run.err)")
    }

    @Test(arguments: ["service-pools.yaml", "kube-vip-cloud-provider.yaml"])
    func `the API server takes what pools are made of, field by field`(golden: String) async throws {
        _ = try await Self.cluster.made()
        let path = "Tests/HakubePlanTests/Golden/endpoint/v1.20.2/\(golden)"
        let text = try String(contentsOf: Checkout.root.appending(path: path), encoding: .utf8)
        let run = try await Self.lab.on(
            "master2", "kubectl apply --dry-run=server --validate=true -f - <<'MANIFEST'\n\(text)\nMANIFEST")
        #expect(run.status == 0, "\(run.out)\(run.err)")
        let objects = text.split(separator: "\n").count { $0.hasPrefix("kind: ") }
        #expect(run.out.split(separator: "\n").count { $0.hasSuffix("(server dry run)") } == objects, "\(run.out)")
    }
}
