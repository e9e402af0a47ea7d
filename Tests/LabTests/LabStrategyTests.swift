// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// Every endpoint strategy through a cluster's whole life: it is made, `hakube drill host` takes the power of the master that has
    /// the address, a worker joins, that master is replaced, and all ends without a trace. A client on a worker connects every 50 ms
    /// while hosts come and go.
    @Suite(.serialized, .enabled("takes five minutes a strategy: make test-all") { Lab.runsAll }) struct StrategyTests {
        /// HAKUBE_DRILLS: how often the power is taken; one drill tells little of how long etcd takes to elect.
        private static let rounds = ProcessInfo.processInfo.environment["HAKUBE_DRILLS"].flatMap { Int($0) } ?? 1
        /// Milliseconds for which a master has no power.
        private static let off = 12_000

        /// A strategy as an operator asks for it.
        struct Case: Sendable, CustomTestStringConvertible {
            let strategy: String
            let flags: [String]
            /// Where the name leads on workers; `nil`: wherever the hosts resolve it to.
            let vip: String?
            /// The name and port of all clients.
            var authority = "apiserver.cluster.local:6443"
            /// Requests of the drill, 20 a second from each place, that may fail on a worker.
            let losing: Int

            var testDescription: String { strategy }
            var isFloating: Bool { vip == Case.floating }

            static let floating = "10.86.0.100"
            static let balancer = "10.86.0.31:6443"
            static let all = [
                Case(strategy: "guardian", flags: [], vip: "10.103.97.2", losing: 80),
                Case(strategy: "keepalived", flags: ["--vip", floating], vip: floating, losing: 80),
                Case(strategy: "kube-vip", flags: ["--vip", floating], vip: floating, losing: 200),
                Case(
                    strategy: "haproxy-keepalived", flags: ["--vip", floating], vip: floating,
                    authority: "apiserver.cluster.local:8443", losing: 80),
                Case(
                    strategy: "external", flags: ["--endpoint", balancer], vip: nil, authority: balancer, losing: 80),
            ]
            /// HAKUBE_STRATEGIES names some, with commas: each takes five minutes.
            static let chosen = all.filter { one in
                let names = ProcessInfo.processInfo.environment["HAKUBE_STRATEGIES"]?.split(separator: ",")
                return names?.contains { $0 == one.strategy } ?? true
            }
        }

        private static let lab = Lab(
            name: "strategy", network: "10.86.0",
            hosts: [
                ("master1", 11), ("master2", 12), ("master3", 13), ("master4", 14), ("worker1", 21), ("worker2", 22),
                ("worker3", 23), ("balancer", 31),
            ])
        /// The machine in front of the masters is nobody's but its owner's.
        private static let hosts = lab.hosts.map(\.name).filter { $0 != "balancer" }

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
            rm /run/answers /run/enough
            """
        }

        /// The master that has the address, or the first of them where none moves.
        private func holder(_ one: Case, of masters: [String]) async throws -> String {
            guard one.isFloating else { return masters[0] }
            let holders = try await self.holders(of: masters)
            #expect(holders.count == 1, "\(one.strategy): \(holders)")
            return try #require(holders.first)
        }

        private func holders(of masters: [String]) async throws -> [String] {
            var holders: [String] = []
            for master in masters {
                let shown = try await lab.on(master, "ip -o addr show")
                if shown.out.contains(" \(Case.floating)/") { holders.append(master) }
            }
            return holders
        }

        /// Two masters may both have the address for as long as a message between them takes, and no longer.
        private func expectOneHolder(_ one: Case, of masters: [String], while body: () async throws -> Void)
            async throws
        {
            guard one.isFloating else { return try await body() }
            let watching = Task {
                var longest = 0
                var row = 0
                while !Task.isCancelled {
                    row = try await holders(of: masters).count > 1 ? row + 1 : 0
                    longest = max(longest, row)
                }
                return longest
            }
            try await body()
            watching.cancel()
            let longest = try await watching.value
            #expect(longest <= 2, "\(one.strategy): two masters had the address \(longest) looks in a row")
        }

        private func inOrder(_ one: Case, workers: [String]) async throws {
            var status = try await lab.hakube(["status", "--cluster", "strategy"], home: home)
            // A node that was away is told Ready a little after its API server.
            let deadline = ContinuousClock.now + .seconds(120)
            while status.status != 0, ContinuousClock.now < deadline {
                try await Task.sleep(for: .seconds(1))
                status = try await lab.hakube(["status", "--cluster", "strategy"], home: home)
            }
            #expect(status.out.contains("all in order"), "\(one.strategy): \(status.out)")
            for worker in workers {
                guard let vip = one.vip else { continue }
                let meaning = try await lab.on(worker, "getent hosts apiserver.cluster.local")
                #expect(meaning.out.hasPrefix("\(vip) "), "\(worker): \(meaning.out)")
            }
        }

        /// An external endpoint: the haproxy.cfg that `hakube render` makes, on a machine that hakube never touches.
        private func balance(_ masters: [String], _ one: Case) async throws {
            guard one.strategy == "external" else { return }
            let folder = Lab.folder.appending(path: "strategy/files-\(masters.joined(separator: "-"))").path()
            // Of an earlier run, by whichever hakube.
            try? FileManager.default.removeItem(atPath: folder)
            try await hakube(
                [
                    "render", "-f", Checkout.root.appending(path: "lab/cluster.yaml").path(), "--cluster", "strategy",
                    "--masters", addresses(masters), "--nodes", addresses(["worker1", "worker2"]), "--bundle",
                    Lab.bundle,
                    "--strategy", "external", "--output", folder,
                ] + one.flags)
            let text = try String(contentsOfFile: "\(folder)/outside/haproxy.cfg", encoding: .utf8)
            let done = try await lab.on(
                "balancer",
                """
                cat > /etc/haproxy/lab.cfg <<'CFG'
                \(text)
                CFG
                haproxy -c -f /etc/haproxy/lab.cfg || exit 1
                if systemctl -q is-active balancer; then systemctl kill --kill-who=main -s USR2 balancer
                else systemd-run -q --unit balancer haproxy -W -db -f /etc/haproxy/lab.cfg; fi
                """)
            try #require(done.status == 0, "\(done.out)\(done.err)")
        }

        /// `hakube drill host`, the lab being the switch: a host that only restarts its processes would go on answering for its
        /// addresses.
        private func drill(_ one: Case, _ victim: String, round: Int) async throws {
            let program = try RunningProgram(
                Checkout.hakube,
                [
                    "drill", "host", "--cluster", "strategy", "--target", lab.address(victim), "--yes", "--output",
                    "json",
                ], environment: ["HAKUBE_HOME": home])
            #expect(await program.says("restarts; waiting"), "\(program.err)")
            try await lab.script("kill", victim)
            _ = try await lab.on("worker2", "sleep \(Self.off / 1000)")
            try await lab.script("up", victim)
            #expect(await program.ended() == 0, "\(program.out)\n\(program.err)")
            let report = try JSONDecoder().decode(DrillReport.self, from: Data(program.out.utf8))
            let worker = try report.place("worker1")
            #expect(report.serves && worker.failedBefore == 0 && worker.isBack, "\(worker)")
            #expect(worker.failed <= one.losing, "\(one.strategy): \(worker)")
            // A master that comes back gets nothing before it is ready.
            let late = worker.outages.filter { $0.begin >= Self.off }.map(\.requests).reduce(0, +)
            #expect(late <= 5, "\(one.strategy): \(worker)")
            try DrillReport.keep(program.out, as: "\(one.strategy)-\(round)")
        }

        @Test(arguments: Case.chosen)
        func `a cluster lives its life with each strategy and leaves no trace`(_ one: Case) async throws {
            try await lab.start()
            try await balance(["master1", "master2", "master3"], one)
            var before: [String: LabTrace] = [:]
            for host in Self.hosts { before[host] = try await LabTrace(of: host, in: lab) }

            _ = try await initialise(one)
            let again = try await initialise(one)
            #expect(again.out.contains("0 changed"), "\(one.strategy): \(again.out)")
            try await inOrder(one, workers: ["worker1", "worker2"])

            var victims: Set<String> = []
            for round in 1...Self.rounds {
                let victim = try await holder(one, of: ["master1", "master2", "master3"])
                victims.insert(victim)
                try await drill(one, victim, round: round)
                try await inOrder(one, workers: ["worker1", "worker2"])
            }

            let join = ["join", "--cluster", "strategy", "--bundle", Lab.bundle, "--yes"]
            try await move("a worker joins", one, losing: 5) {
                try await hakube(join + ["--nodes", lab.address("worker3")])
            }
            // Who has the address leaves, and keeps it no moment longer than the others can take it.
            let leaver = try await holder(one, of: ["master1", "master2", "master3"])
            let rest = ["master1", "master2", "master3"].filter { $0 != leaver }
            try await balance(rest, one)
            try await move("a master leaves", one, losing: one.isFloating ? 40 : 5) {
                try await expectOneHolder(one, of: rest + [leaver]) {
                    try await hakube(["clean", "--cluster", "strategy", "--masters", lab.address(leaver), "--yes"])
                }
            }
            _ = try await holder(one, of: rest + [leaver])
            try await move("another takes its place", one, losing: 5) {
                try await hakube(join + ["--masters", lab.address("master4")])
            }
            try await balance(rest + ["master4"], one)
            _ = try await holder(one, of: rest + ["master4", leaver])
            try await inOrder(one, workers: ["worker1", "worker2", "worker3"])

            try await hakube(["clean", "--all", "--cluster", "strategy", "--no-backup", "--yes"])
            for host in Self.hosts {
                let after = try await LabTrace(of: host, in: lab)
                var found = after.differences(from: try #require(before[host]))
                // What a host that was powered off and on differs by is systemd's and the kernel's own.
                if victims.contains(host) { found = found.filter(LabTrace.outlivesBoot) }
                #expect(found.isEmpty, "\(one.strategy): \(host):\n\(found.prefix(30).joined(separator: "\n"))")
            }
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
            try await inOrder(Case.all[3], workers: ["worker1", "worker2"])
            let twice = try await hakube(set + ["haproxy-keepalived", "--vip", Case.floating] + rest)
            #expect(twice.out.contains("0 changed"), "\(twice.out)")
            try await move("haproxy-keepalived to guardian", guardian, losing: 3) {
                try await hakube(set + ["guardian"] + rest)
            }
            try await inOrder(guardian, workers: ["worker1", "worker2"])
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
