// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// A cluster's whole life on real hosts: it grows, loses its first master, gets it back, loses another for good, and ends.
    /// A client on a worker connects every 50 ms all the while.
    @Suite(.serialized, .enabled("takes ten minutes: make test-all") { Lab.runsAll }) struct ScaleTests {
        private static let lab = Lab(
            name: "scale", network: "10.83.0",
            hosts: [
                ("master1", 11), ("master2", 12), ("master3", 13), ("master4", 14), ("worker1", 21), ("worker2", 22),
            ])

        private var lab: Lab { Self.lab }
        private var home: String { Lab.folder.appending(path: "scale/operator").path() }

        private func addresses(_ hosts: [String]) -> String { hosts.map(lab.address).joined(separator: ",") }

        @discardableResult
        private func hakube(_ arguments: [String], status: Int32 = 0) async throws -> ProgramRun {
            let run = try await lab.hakube(arguments, home: home)
            #expect(run.status == status, "\(arguments.joined(separator: " "))\n\(run.out)\n\(run.err)")
            return run
        }

        /// Carries a move out while the client asks, and tells what the client saw.
        private func move(
            _ title: String, losing limit: Int = 0, _ body: () async throws -> Void
        ) async throws {
            let lab = lab
            async let asking = lab.on("worker1", Self.client)
            try await body()
            _ = try await lab.on("worker1", "touch /run/enough")
            let answers = try await asking.out.split(separator: "\n")
            let failed = answers.filter { !$0.hasSuffix(" 200") }
            print("\(title): \(failed.count) of \(answers.count) requests failed")
            #expect(answers.count > 20, "\(title): the client asked too little to tell")
            #expect(failed.count <= limit, "\(title): \(failed.prefix(20))")
        }

        private static let client = """
            rm -f /run/answers /run/enough
            touch /run/answers
            while [ ! -e /run/enough ]; do
                (began=$(date +%s.%N); code=$(curl -sk -m 1 -o /dev/null -w '%{http_code}' \\
                    https://apiserver.cluster.local:6443/version); echo "$began $code" >> /run/answers) &
                sleep 0.05
            done
            wait
            cat /run/answers
            """

        /// The cluster is what it ought to be, by the word of kubectl, etcd, every guardian, every hosts file and certificate.
        private func expect(masters: [String], workers: [String], sourceLocation: SourceLocation = #_sourceLocation)
            async throws
        {
            let lead = try #require(masters.last)
            let nodes = try await lab.on(lead, "kubectl get nodes --no-headers")
            let rows = nodes.out.split(separator: "\n").map {
                $0.split(separator: " ").prefix(2).joined(separator: " ")
            }
            #expect(Set(rows) == Set((masters + workers).map { "\($0) Ready" }), sourceLocation: sourceLocation)
            let members = try await lab.on(
                lead,
                """
                kubectl -n kube-system exec etcd-\(lead) -- etcdctl --endpoints https://127.0.0.1:2379 \
                    --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt \
                    --key /etc/kubernetes/pki/etcd/healthcheck-client.key member list -w json
                """)
            let object = try JSONSerialization.jsonObject(with: Data(members.out.utf8)) as? [String: Any]
            let names = (object?["members"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
            #expect(names.sorted() == masters.sorted(), sourceLocation: sourceLocation)
            for worker in workers {
                let said = try await lab.on(worker, "hakube-guardian status --output json").out
                let state = try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any]
                let real = (state?["real"] as? [[String: Any]])?.compactMap { server -> String? in
                    guard server["state"] as? String == "up" else { return nil }
                    return server["address"] as? String
                }
                #expect(
                    Set(real ?? []) == Set(masters.map { "\(lab.address($0)):6443" }), "\(worker)",
                    sourceLocation: sourceLocation)
            }
            for host in masters + workers {
                let answer = try await lab.on(host, "getent hosts apiserver.cluster.local")
                let expected = masters.contains(host) ? lab.address(host) : "10.103.97.2"
                #expect(answer.out.hasPrefix("\(expected) "), "\(host): \(answer.out)", sourceLocation: sourceLocation)
            }
            for master in masters {
                let shown = try await lab.on(
                    master,
                    """
                    for name in \(addresses(masters).replacing(",", with: " ")); do
                        kubectl --server https://\(lab.address(master)):6443 --tls-server-name $name get --raw /readyz
                    done
                    """)
                #expect(
                    shown.status == 0, "\(master)'s certificate: \(shown.out)\(shown.err)",
                    sourceLocation: sourceLocation)
            }
        }

        @Test func `a cluster grows, shrinks, loses a master for good, and ends`() async throws {
            try await lab.start()
            let inventory = Checkout.root.appending(path: "lab/cluster.yaml").path()
            try await hakube([
                "init", "-f", inventory, "--masters", lab.address("master1"), "--nodes", lab.address("worker1"),
                "--key",
                lab.key, "--cluster", "scale", "--bundle", Lab.bundle, "--yes",
            ])
            let join = ["join", "--bundle", Lab.bundle, "--yes"]
            // Seven API servers, etcds and kubeadms start on two cores meanwhile: as many may wait a second in vain as when a
            // host vanishes (docs/guardian.md).
            try await move("two masters and a worker join", losing: 5) {
                try await hakube(
                    join + ["--masters", addresses(["master2", "master3"]), "--nodes", lab.address("worker2")])
            }
            try await expect(masters: ["master1", "master2", "master3"], workers: ["worker1", "worker2"])

            try await move("the first master leaves") {
                try await hakube(["clean", "--masters", "master1", "--yes"])
            }
            try await expect(masters: ["master2", "master3"], workers: ["worker1", "worker2"])
            let again = try await hakube(["clean", "--masters", lab.address("master1"), "--yes"])
            #expect(again.out.contains("Nothing to do"), "\(again.out)")

            // From here on the operator's machine knows only what it is told.
            try FileManager.default.removeItem(atPath: home)
            let from = ["--from", lab.address("master3"), "--key", lab.key]
            try await move("the first master joins again") {
                try await hakube(join + from + ["--masters", lab.address("master1")])
            }
            try await expect(masters: ["master1", "master2", "master3"], workers: ["worker1", "worker2"])
            let second = try await hakube(join + ["--masters", lab.address("master1")])
            #expect(second.out.contains("0 changed"), "\(second.out)")

            try await move("a worker leaves") { try await hakube(["clean", "--nodes", "worker2", "--yes"]) }
            try await expect(masters: ["master1", "master2", "master3"], workers: ["worker1"])

            // A host that vanishes costs what docs/guardian.md says; its removal costs nothing.
            try await move("a master is off for good", losing: 10) { try await lab.script("kill", "master2") }
            let refused = try await hakube(["clean", "--masters", "master1", "--yes"], status: 4)
            #expect(refused.err.contains("no majority would stand"), "\(refused.err)")
            let unasked = try await hakube(["clean", "--masters", "master2", "--yes"], status: 3)
            #expect(unasked.err.contains("--unreachable"), "\(unasked.err)")
            try await move("the dead master is removed") {
                try await hakube(["clean", "--masters", "master2", "--unreachable", "--yes"])
            }
            try await expect(masters: ["master1", "master3"], workers: ["worker1"])
            try await move("another one takes its place") {
                try await hakube(join + ["--masters", lab.address("master4")])
            }
            try await expect(masters: ["master1", "master3", "master4"], workers: ["worker1"])
            let status = try await hakube(["status"])
            #expect(status.out.contains("all in order"), "\(status.out)")

            try await hakube(["clean", "--all", "--yes"])
            let backup = try #require(
                try FileManager.default.contentsOfDirectory(atPath: "\(home)/scale").first { $0.hasPrefix("backup-") })
            for file in ["pki.tar", "etcd.db"] {
                let path = "\(home)/scale/\(backup)/\(file)"
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
                #expect(attributes[.size] as? Int ?? 0 > 10_000)
            }
            for host in ["master1", "master3", "master4", "worker1"] {
                let left = try await lab.on(host, "ls -d /var/lib/hakube /etc/kubernetes /var/lib/etcd /etc/hakube")
                #expect(left.out.isEmpty, "\(host): \(left.out)")
            }
            try await lab.script("down")
        }
    }
}
