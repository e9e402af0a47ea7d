// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// Every endpoint strategy through a cluster's whole life: it is made, loses the master that has the address, takes a worker,
    /// has a master replaced, and ends without a trace. A client on a worker connects every 50 ms meanwhile.
    @Suite(.serialized, .enabled("takes five minutes a strategy: make test-all") { Lab.runsAll }) struct StrategyTests {
        /// A strategy as an operator asks for it.
        struct Case: Sendable, CustomTestStringConvertible {
            let strategy: String
            let flags: [String]
            /// Where the name leads on workers; `nil`: wherever the hosts resolve it to.
            let vip: String?
            /// The name and port of all clients.
            var authority = "apiserver.cluster.local:6443"
            /// Requests that may fail when a master loses its power, of 20 a second.
            let losing: Int

            var testDescription: String { strategy }

            static let floating = "10.86.0.100"
            static let all = [
                Case(strategy: "guardian", flags: [], vip: "10.103.97.2", losing: 15),
                Case(strategy: "keepalived", flags: ["--vip", floating], vip: floating, losing: 80),
                Case(strategy: "kube-vip", flags: ["--vip", floating], vip: floating, losing: 160),
                Case(
                    strategy: "haproxy-keepalived", flags: ["--vip", floating], vip: floating,
                    authority: "apiserver.cluster.local:8443", losing: 80),
                Case(
                    strategy: "external", flags: ["--endpoint", "api.lab.example:6443"], vip: nil,
                    authority: "api.lab.example:6443", losing: 600),
            ]
        }

        private static let lab = Lab(
            name: "strategy", network: "10.86.0",
            hosts: [
                ("master1", 11), ("master2", 12), ("master3", 13), ("master4", 14), ("worker1", 21), ("worker2", 22),
                ("worker3", 23),
            ])

        private var lab: Lab { Self.lab }
        private var home: String { Lab.folder.appending(path: "strategy/operator").path() }

        private func addresses(_ hosts: [String]) -> String { hosts.map(lab.address).joined(separator: ",") }

        @discardableResult
        private func hakube(_ arguments: [String], status: Int32 = 0) async throws -> ProgramRun {
            let run = try await lab.hakube(arguments, home: home)
            #expect(run.status == status, "\(arguments.joined(separator: " "))\n\(run.out)\n\(run.err)")
            return run
        }

        private func initialise(_ one: Case) async throws -> ProgramRun {
            let inventory = Checkout.root.appending(path: "lab/cluster.yaml").path()
            return try await hakube(
                [
                    "init", "-f", inventory, "--cluster", "strategy", "--masters",
                    addresses(["master1", "master2", "master3"]), "--nodes", addresses(["worker1", "worker2"]), "--key",
                    lab.key, "--bundle", Lab.bundle, "--strategy", one.strategy, "--yes",
                ] + one.flags)
        }

        /// Carries a move out while a client asks by the endpoint's name, and tells what it saw.
        private func move(_ title: String, _ one: Case, losing limit: Int, _ body: () async throws -> Void) async throws
        {
            let lab = lab
            async let asking = lab.on("worker1", Self.client(one.authority))
            try await body()
            _ = try await lab.on("worker1", "touch /run/enough")
            let answers = try await asking.out.split(separator: "\n").map(String.init)
            let failed = answers.filter { !$0.hasSuffix(" 200") }
            let away = Self.away(answers)
            print("\(one.strategy): \(title): \(failed.count) of \(answers.count) failed, away \(away) ms")
            #expect(answers.count > 20, "\(title): the client asked too little to tell")
            #expect(failed.count <= limit, "\(one.strategy): \(title): \(failed.prefix(20))")
        }

        /// Milliseconds from the first request that failed to the first of those that were begun later and went well for good.
        static func away(_ answers: [String]) -> Int {
            let asked = answers.compactMap { line -> (began: Double, well: Bool)? in
                let words = line.split(separator: " ")
                return words.count == 2 ? Double(words[0]).map { ($0, words[1] == "200") } : nil
            }.sorted { $0.began < $1.began }
            guard let first = asked.first(where: { !$0.well }), let last = asked.last(where: { !$0.well }) else {
                return 0
            }
            let back = asked.first { $0.began > last.began }?.began ?? last.began
            return Int((back - first.began) * 1000)
        }

        private static func client(_ authority: String) -> String {
            """
            rm -f /run/answers /run/enough
            touch /run/answers
            while [ ! -e /run/enough ]; do
                (began=$(date +%s.%N); code=$(curl -sk -m 1 -o /dev/null -w '%{http_code}' https://\(authority)/version)
                    echo "$began $code" >> /run/answers) &
                sleep 0.05
            done
            wait
            cat /run/answers
            """
        }

        /// The master that has the address, or the first one where none moves.
        private func holder(_ one: Case) async throws -> String {
            guard one.vip == Case.floating else { return "master1" }
            var holders: [String] = []
            for master in ["master1", "master2", "master3"] {
                let shown = try await lab.on(master, "ip -o addr show")
                if shown.out.contains(" \(Case.floating)/") { holders.append(master) }
            }
            #expect(holders.count == 1, "\(holders)")
            return try #require(holders.first)
        }

        private func inOrder(_ one: Case) async throws {
            let status = try await hakube(["status", "--cluster", "strategy"])
            #expect(status.out.contains("all in order"), "\(one.strategy): \(status.out)")
            for worker in ["worker1", "worker2"] {
                guard let vip = one.vip else { continue }
                let meaning = try await lab.on(worker, "getent hosts apiserver.cluster.local")
                #expect(meaning.out.hasPrefix("\(vip) "), "\(worker): \(meaning.out)")
            }
        }

        /// An external endpoint by DNS round robin, which a hosts file does as well: every master, no health check.
        private func name(_ masters: [String], _ one: Case) async throws {
            guard one.vip == nil else { return }
            let name = one.authority.split(separator: ":")[0]
            let lines = masters.map { "\(lab.address($0)) \(name)" }.joined(separator: "\n")
            for host in lab.hosts.map(\.name) {
                let done = try await lab.on(
                    host, "sed -i '/ \(name)$/d' /etc/hosts; printf '%s\\n' '\(lines)' >> /etc/hosts")
                try #require(done.status == 0, "\(host): \(done.err)")
            }
        }

        @Test(arguments: Case.all)
        func `a cluster lives its life with each strategy and leaves no trace`(_ one: Case) async throws {
            try await lab.start()
            try await name(["master1", "master2", "master3"], one)
            let hosts = lab.hosts.map(\.name)
            var before: [String: LabTrace] = [:]
            for host in hosts { before[host] = try await LabTrace(of: host, in: lab) }

            _ = try await initialise(one)
            let again = try await initialise(one)
            #expect(again.out.contains("0 changed"), "\(one.strategy): \(again.out)")
            try await inOrder(one)

            let victim = try await holder(one)
            try await move("a master loses its power", one, losing: one.losing) {
                try await lab.script("kill", victim)
                _ = try await lab.on("worker2", "sleep 12")
            }
            try await lab.script("up", victim)
            try await hakube(["exec", "--cluster", "strategy", "--masters", "--", "true"])
            _ = try await lab.on(
                victim, "until kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz; do sleep 1; done")

            let join = ["join", "--cluster", "strategy", "--bundle", Lab.bundle, "--yes"]
            try await move("a worker joins", one, losing: 5) {
                try await hakube(join + ["--nodes", lab.address("worker3")])
            }
            try await name(["master1", "master2"], one)
            try await move("a master leaves", one, losing: one.vip == nil ? 60 : 5) {
                try await hakube(["clean", "--cluster", "strategy", "--masters", "master3", "--yes"])
            }
            try await move("another takes its place", one, losing: 5) {
                try await hakube(join + ["--masters", lab.address("master4")])
            }
            try await name(["master1", "master2", "master4"], one)
            try await inOrder(one)

            try await hakube(["clean", "--all", "--cluster", "strategy", "--no-backup", "--yes"])
            // A host that was powered off and on differs by that alone.
            for host in hosts where host != victim {
                let after = try await LabTrace(of: host, in: lab)
                let found = after.differences(from: try #require(before[host]))
                #expect(found.isEmpty, "\(one.strategy): \(host):\n\(found.prefix(30).joined(separator: "\n"))")
            }
            let left = try await lab.on(victim, "ls -d /var/lib/hakube /etc/kubernetes /etc/hakube; ip -o addr show")
            #expect(!left.out.contains("/etc/") && !left.out.contains(Case.floating), "\(victim): \(left.out)")
            try await lab.script("down")
        }

        @Test func `an endpoint goes over to haproxy and back under a client that hardly notices`() async throws {
            let guardian = Case.all[0]
            try await lab.start()
            _ = try await initialise(guardian)
            let set = ["endpoint", "set"]
            let rest = ["--cluster", "strategy", "--bundle", Lab.bundle, "--yes"]
            try await move("guardian to haproxy-keepalived", guardian, losing: 3) {
                try await hakube(set + ["haproxy-keepalived", "--vip", Case.floating] + rest)
            }
            try await inOrder(Case.all[3])
            let twice = try await hakube(set + ["haproxy-keepalived", "--vip", Case.floating] + rest)
            #expect(twice.out.contains("0 changed"), "\(twice.out)")
            try await move("haproxy-keepalived to guardian", guardian, losing: 3) {
                try await hakube(set + ["guardian"] + rest)
            }
            try await inOrder(guardian)
            for master in ["master1", "master2", "master3"] {
                let left = try await lab.on(master, "ls /etc/hakube /etc/kubernetes/manifests; ip -o addr show")
                for word in ["haproxy", "keepalived", Case.floating] {
                    #expect(!left.out.contains(word), "\(master) keeps \(word): \(left.out)")
                }
            }
            try await lab.script("down")
        }
    }
}
