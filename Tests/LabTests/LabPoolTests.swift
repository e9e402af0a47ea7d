// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// Services get addresses out of the pool of their namespace, and clients outside reach them there.
    @Suite(.serialized, .enabled("takes two minutes: make test-all") { Lab.runsAll }) struct PoolTests {
        private static let lab = Lab(name: "pools", network: "10.88.0", hosts: [("master1", 11), ("worker1", 21)])

        private var lab: Lab { Self.lab }

        private func settle(_ pools: String) async throws -> ProgramRun {
            let base = try String(contentsOf: Checkout.root.appending(path: "lab/cluster.yaml"), encoding: .utf8)
            let kubeadm = try #require(base.range(of: "kubeadm:"))
            let text = """
                cluster: pools
                masters: [\(lab.address("master1"))]
                nodes: [\(lab.address("worker1"))]
                ssh: {user: root}
                endpoint: {strategy: kube-vip, vip: \(lab.network).100}
                \(pools)
                \(base[kubeadm.lowerBound...])
                """
            let file = Lab.folder.appending(path: "pools/pools.yaml")
            try text.write(to: file, atomically: true, encoding: .utf8)
            let run = try await lab.hakube([
                "init", "-f", file.path(), "--key", lab.key, "--bundle", Lab.bundle, "--yes",
            ])
            #expect(run.status == 0, "\(run.out)\n\(run.err)")
            return run
        }

        private func kubectl(_ arguments: String, input: String = "") async throws -> String {
            let run = try await lab.on("master1", "kubectl \(arguments) <<'END'\n\(input)\nEND")
            #expect(run.status == 0, "kubectl \(arguments): \(run.err)")
            return run.out.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        private func eventually(_ what: String, _ check: () async throws -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(120)
            while ContinuousClock.now < deadline {
                if try await check() { return }
            }
            Issue.record("\(what): not within two minutes")
        }

        /// A web server, and a Service that wants an address for it.
        private static func service(in namespace: String) -> String {
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: \(namespace), labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
                - name: web
                  image: docker.io/library/busybox:1.35
                  imagePullPolicy: Never
                  command: [sh, -c, "mkdir -p /www; echo \(namespace) > /www/index.html; exec httpd -f -h /www -p 80"]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: \(namespace)}
            spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
            """
        }

        private func address(in namespace: String) async throws -> String {
            try await kubectl("-n \(namespace) get service web -o 'jsonpath={.status.loadBalancer.ingress[0].ip}'")
        }

        private func reaches(_ namespace: String, at address: String) async throws {
            try await eventually("the Service of \(namespace) at \(address)") {
                let answer = try await ProgramRun.run("/usr/bin/curl", ["-s", "-m", "2", "http://\(address)/"])
                return answer.out == "\(namespace)\n"
            }
        }

        @Test func `a Service has an address of its namespace's pool, as long as there are pools`() async throws {
            try await lab.start()
            let (global, own) = ("\(lab.network).210-219", "\(lab.network).224/29")
            _ = try await settle("loadBalancer: {pools: {global: \(global), team-a: [\(own)]}}")
            _ = try await kubectl("create namespace team-a")
            for namespace in ["default", "team-a"] {
                _ = try await kubectl("apply -f -", input: Self.service(in: namespace))
                try await eventually("an address in \(namespace)") { try await !address(in: namespace).isEmpty }
            }
            let (ofAll, ofTeam) = (try await address(in: "default"), try await address(in: "team-a"))
            #expect((210...219).map { "\(lab.network).\($0)" }.contains(ofAll), "\(ofAll)")
            #expect((224...231).map { "\(lab.network).\($0)" }.contains(ofTeam), "\(ofTeam)")
            try await reaches("default", at: ofAll)
            try await reaches("team-a", at: ofTeam)
            let again = try await settle("loadBalancer: {pools: {global: \(global), team-a: [\(own)]}}")
            #expect(again.out.contains("0 changed"), "\(again.out)")

            let data = "-n kube-system get configmap kubevip -o go-template='{{.data}}'"
            _ = try await settle("loadBalancer: {pools: {global: \(lab.network).230-233}}")
            #expect(try await kubectl(data) == "map[range-global:\(lab.network).230-\(lab.network).233]")
            // What a Service has it keeps.
            #expect(try await address(in: "default") == ofAll)

            _ = try await settle("")
            let objects = try await kubectl("-n kube-system get deployment,configmap,role,serviceaccount -o name")
            #expect(!objects.contains("kubevip") && !objects.contains("kube-vip-cloud-provider"), "\(objects)")
            #expect(try await settle("").out.contains("0 changed"))

            // An end takes from the host what kube-vip gave it for Services as well.
            _ = try await settle("loadBalancer: {pools: {global: \(global)}}")
            _ = try await kubectl("delete service web")
            _ = try await kubectl("apply -f -", input: Self.service(in: "default"))
            try await eventually("an address") { try await !address(in: "default").isEmpty }
            let last = try await address(in: "default")
            try await reaches("default", at: last)
            let held = try await lab.on("master1", "ip -o addr show")
            #expect(held.out.contains(" \(last)/32"), "\(held.out)")
            let end = try await lab.hakube(["clean", "--all", "--no-backup", "--yes"])
            #expect(end.status == 0, "\(end.out)\n\(end.err)")
            let left = try await lab.on("master1", "ip -o addr show")
            #expect(!left.out.contains(last) && !left.out.contains("\(lab.network).100/"), "\(left.out)")
            try await lab.script("down")
        }
    }
}
