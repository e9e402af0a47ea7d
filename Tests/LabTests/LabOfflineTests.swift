// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// Nothing is fetched, asked or told outside: the hosts' bridge is watched while a cluster comes, grows and goes.
    @Suite(.serialized) struct OfflineTests {
        private let lab = Lab(
            name: "offline", network: "10.93.0", hosts: [("master1", 11), ("worker1", 21), ("worker2", 22)])
        private let vip = "10.103.97.2"

        private func hakube(_ arguments: String...) async throws -> ProgramRun {
            try await lab.hakube(arguments + ["--yes"])
        }

        /// One packet of each kind that must not be, sent on purpose, is seen; then the counting begins anew.
        private func prove(_ watch: LabWatch) async throws {
            try await watch.start()
            _ = try await lab.on("master1", "ping -c 1 -W 1 203.0.113.7")
            _ = try await lab.on("worker1", "ping -c 1 -W 1 10.96.0.10; ping -c 1 -W 1 \(lab.network).99")
            _ = try await lab.on("worker2", "ping -6 -c 1 -W 1 -I eth0 ff05::1; echo x > /dev/udp/\(lab.network).1/53")
            let (frames, kinds) = try await watch.counts()
            #expect(kinds[.outside] == 2, "\(kinds)")
            #expect(kinds[.askedOutside] ?? 0 > 0, "\(kinds)")
            #expect(kinds[.outside6] == 1, "\(kinds)")
            #expect(kinds[.operatorOther] == 1, "\(kinds)")
            #expect(frames.contains(kinds.values.reduce(0, +)), "every frame is of one kind: \(frames) \(kinds)")
            let named = try await watch.strangers().joined(separator: "\n")
            #expect(named.contains("203.0.113.7") && named.contains("10.96.0.10"), "\(named)")
            try await watch.start()
            #expect(try await watch.counts().kinds[.outside] == 0)
        }

        private func expectSilence(_ watch: LabWatch, after what: String, probes: Int) async throws {
            let (frames, kinds) = try await watch.counts()
            print(
                "\(what): \(frames) frames, \(kinds.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "))")
            let harm = kinds.filter { $0.value > 0 && !LabWatch.Kind.harmless.contains($0.key) }
            let strangers = try await watch.strangers()
            #expect(harm.isEmpty, "\(what): \(harm) \(strangers)")
            #expect(frames.contains(kinds.values.reduce(0, +)), "\(what): \(frames) \(kinds)")
            // One question for each host at most, each time facts are gathered.
            #expect(kinds[.probe] ?? 0 <= probes, "\(what): \(kinds)")
        }

        /// Who wants an image that the bundle has not asks the endpoints of the inventory, and nobody else.
        private func expectRegistries(_ watch: LabWatch) async throws {
            let plain = Checkout.root.appending(path: "lab/cluster.yaml")
            let file = Lab.folder.appending(path: "\(lab.name)/registries.yaml")
            let registries = """

                registries:
                  - host: registry.example.com
                    endpoints: [http://\(lab.network).1:5001, http://\(lab.network).1:5002]

                """
            try (String(contentsOf: plain, encoding: .utf8) + registries).write(
                to: file, atomically: true, encoding: .utf8)
            func initialise(_ inventory: URL) async throws {
                let run = try await hakube(
                    "init", "-f", inventory.path(), "--masters", lab.address("master1"), "--nodes",
                    "\(lab.address("worker1")),\(lab.address("worker2"))", "--vip", vip, "--key", lab.key, "--cluster",
                    lab.name, "--bundle", Lab.bundle)
                #expect(run.status == 0, "\(run.out)\n\(run.err)")
            }
            let path = "/etc/containerd/certs.d/registry.example.com/hosts.toml"
            try await initialise(file)
            for host in lab.hosts.map(\.name) {
                let text = try await lab.on(host, "cat \(path)").out
                #expect(text.contains("server = \"http://\(lab.network).1:5002\""), "\(host): \(text)")
            }
            try await watch.start()
            let pull = try await lab.on("worker2", "crictl pull registry.example.com/nothing:1")
            #expect(pull.status != 0)
            let (_, kinds) = try await watch.counts()
            #expect(kinds[.operatorOther] ?? 0 > 0 && kinds[.outside] == 0, "\(kinds)")
            let asked = try await watch.strangers().joined(separator: "\n")
            #expect(asked.contains("5001") && asked.contains("5002"), "both endpoints in turn: \(asked)")
            // No name was looked up on the way.
            #expect(!asked.contains("udp"), "\(asked)")
            try await initialise(plain)
            for host in lab.hosts.map(\.name) {
                #expect(try await lab.on(host, "ls -d \(path)").status != 0, "\(host) forgot the registry")
            }
        }

        @Test func `not one packet leaves while a cluster is made, grows and goes`() async throws {
            try await lab.start()
            let watch = LabWatch(lab: lab, vip: vip)
            try await prove(watch)
            let inventory = Checkout.root.appending(path: "lab/cluster.yaml").path()
            let made = try await hakube(
                "init", "-f", inventory, "--masters", lab.address("master1"), "--nodes", lab.address("worker1"),
                "--vip",
                vip, "--key", lab.key, "--cluster", lab.name, "--bundle", Lab.bundle)
            #expect(made.status == 0, "\(made.out)\n\(made.err)")
            try await expectSilence(watch, after: "init", probes: 2)
            let joined = try await hakube(
                "join", "--nodes", lab.address("worker2"), "--key", lab.key, "--bundle", Lab.bundle)
            #expect(joined.status == 0, "\(joined.out)\n\(joined.err)")
            try await expectSilence(watch, after: "join", probes: 5)
            // Pods of the cluster, too, and what the kubelets do by the way.
            let nodes = try await lab.on("master1", "kubectl get nodes --no-headers | grep -c ' Ready '")
            #expect(nodes.out == "3\n", "\(nodes.out)\(nodes.err)")
            let (_, grown) = try await watch.counts()
            #expect(grown[.hosts] ?? 0 > 1000 && grown[.ssh] ?? 0 > 1000, "the watch saw the cluster itself: \(grown)")
            try await expectRegistries(watch)
            try await watch.start()
            let cleaned = try await hakube("clean", "--all")
            #expect(cleaned.status == 0, "\(cleaned.out)\n\(cleaned.err)")
            try await expectSilence(watch, after: "clean", probes: 3)
            let left = try await lab.on("master1", "ls -d /etc/containerd")
            #expect(left.status != 0, "\(left.out)")
            // It still counts.
            _ = try await lab.on("worker2", "ping -c 1 -W 1 203.0.113.7")
            #expect(try await watch.counts().kinds[.outside] == 1)
            try await lab.script("down")
        }
    }
}
