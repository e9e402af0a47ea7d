// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// etcd on hosts of its own, which lose one for good and get another; then the same etcd as somebody else's.
    @Suite(.serialized, .enabled("takes ten minutes: make test-all") { Lab.runsAll }) struct EtcdTests {
        private static let lab = Lab(
            name: "etcd", network: "10.95.0",
            hosts: [
                ("master1", 11), ("master2", 12), ("master3", 13), ("worker1", 21), ("etcd1", 31), ("etcd2", 32),
                ("etcd3", 33), ("etcd4", 34),
            ])

        private var lab: Lab { Self.lab }
        private var home: String { Lab.folder.appending(path: "etcd/operator").path() }
        private var inventory: String { Checkout.root.appending(path: "lab/cluster.yaml").path() }

        private func addresses(_ hosts: [String]) -> String { hosts.map(lab.address).joined(separator: ",") }

        @discardableResult
        private func hakube(_ arguments: [String], status: Int32 = 0) async throws -> ProgramRun {
            let run = try await lab.hakube(arguments, home: home)
            #expect(run.status == status, "\(arguments.joined(separator: " "))\n\(run.out)\n\(run.err)")
            return run
        }

        private static let etcdctl = """
            pki=/etc/kubernetes/pki/etcd
            # The pause container of the pod has no such label.
            ids=$(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==etcd')
            id=$(ctr -n k8s.io tasks list | awk -v ids="$ids" '$3 == "RUNNING" && index(ids, $1) { print $1 }')
            etcdctl() {
                ctr -n k8s.io tasks exec --exec-id "probe-$(date +%N)" "$id" etcdctl --endpoints https://127.0.0.1:2379 --cacert $pki/ca.crt \\
                    --cert $pki/healthcheck-client.crt --key $pki/healthcheck-client.key "$@"
            }
            """

        /// etcd, API servers and the configuration that kubeadm reads agree on who its members are, and all of them are well.
        private func expect(members: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
            let lead = try #require(members.last)
            let list = try await lab.on(lead, "\(Self.etcdctl)\netcdctl member list -w json")
            let object = try JSONSerialization.jsonObject(with: Data(list.out.utf8)) as? [String: Any]
            let names = (object?["members"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
            #expect(names.sorted() == members.sorted(), sourceLocation: sourceLocation)
            let health = try await lab.on(lead, "\(Self.etcdctl)\netcdctl endpoint health --cluster")
            #expect(health.status == 0, "\(health.out)\(health.err)", sourceLocation: sourceLocation)
            let urls = members.map { "https://\(lab.address($0)):2379" }
            for master in ["master1", "master2"] {
                let runs = try await lab.on(master, "tr '\\0' '\\n' < /proc/$(pgrep -n -x kube-apiserver)/cmdline")
                #expect(
                    runs.out.contains("--etcd-servers=\(urls.joined(separator: ","))\n"), "\(master): \(runs.out)",
                    sourceLocation: sourceLocation)
            }
            let kept = try await lab.on("master1", "kubectl -n kube-system get configmap kubeadm-config -o yaml")
            let found = kept.out.matches(of: /- (https:\S+:2379)/).map { String($0.1) }
            #expect(found == urls, "\(kept.out)", sourceLocation: sourceLocation)
        }

        /// Writes through both API servers until each has taken three in a row.
        ///
        /// - Returns: the seconds until that was so, by master.
        private func writes(_ title: String) async throws -> [String: Double] {
            var taken: [String: Double] = [:]
            for master in ["master1", "master2"] {
                let run = try await lab.on(
                    master,
                    """
                    began=$(date +%s%N) row=0
                    for try in $(seq 100); do
                        if kubectl --server https://\(lab.address(master)):6443 --request-timeout 5s -n default \\
                            create configmap "probe-$(date +%s%N)" >/dev/null 2>&1; then row=$((row + 1)); else row=0; fi
                        [ $row -lt 3 ] || break
                    done
                    [ $row = 3 ] && echo $(($(date +%s%N) - began))
                    """)
                #expect(run.status == 0, "\(title), \(master): \(run.out)\(run.err)")
                taken[master] = (Double(run.out.split(separator: "\n").last ?? "") ?? .infinity) / 1e9
            }
            print("\(title): three writes in a row took \(taken)")
            return taken
        }

        @Test func `etcd has three hosts of its own, one is off for good, and another takes its place`() async throws {
            try await lab.start()
            let make = [
                "init", "-f", inventory, "--masters", addresses(["master1", "master2"]), "--nodes",
                lab.address("worker1"), "--etcd", addresses(["etcd1", "etcd2", "etcd3"]), "--key", lab.key, "--cluster",
                "etcd", "--bundle", Lab.bundle, "--yes",
            ]
            try await hakube(make)
            try await expect(members: ["etcd1", "etcd2", "etcd3"])
            let second = try await hakube(make)
            #expect(second.out.contains("0 changed"), "\(second.out)")
            let nodes = try await lab.on("master1", "kubectl get nodes --no-headers")
            let rows = nodes.out.split(separator: "\n").map {
                $0.split(separator: " ").prefix(2).joined(separator: " ")
            }
            #expect(rows == ["master1 Ready", "master2 Ready", "worker1 Ready"])
            for host in ["master1", "master2"] {
                let keys = try await lab.on(host, "find / -xdev -path '*etcd/ca.key'; ls -d /var/lib/etcd/member")
                #expect(keys.out.isEmpty, "\(host): \(keys.out)")
            }
            let status = try await hakube(["status"])
            #expect(status.out.contains("6 hosts, all in order"), "\(status.out)")

            try await lab.script("kill", "etcd1")
            // What an API server has asked the dead one it gives up on after etcd's own limits only.
            for (master, seconds) in try await writes("one of three is off") {
                #expect(seconds < 60, "\(master)")
            }
            let faults = try await hakube(["status"], status: 5)
            #expect(faults.out.contains("fault    \(lab.address("etcd1"))"), "\(faults.out)")
            let refused = try await hakube(["clean", "--etcd", "etcd2", "--yes"], status: 4)
            #expect(refused.err.contains("no majority would stand"), "\(refused.err)")
            let early = try await hakube(
                ["join", "--etcd", lab.address("etcd4"), "--bundle", Lab.bundle, "--yes"], status: 2)
            #expect(early.err.contains("make it 3 or 5 etcd hosts"), "\(early.err)")

            try await hakube(["clean", "--etcd", "etcd1", "--unreachable", "--yes"])
            try await expect(members: ["etcd2", "etcd3"])
            // An etcd of one member grows, too: the second has no say in its majority before it is well.
            try await hakube(["clean", "--etcd", "etcd3", "--yes"])
            try await expect(members: ["etcd2"])
            // From here on the operator's machine knows only what it is told.
            try FileManager.default.removeItem(atPath: home)
            let join = [
                "join", "--from", lab.address("master2"), "--key", lab.key, "--etcd", addresses(["etcd3", "etcd4"]),
                "--bundle", Lab.bundle, "--yes",
            ]
            try await hakube(join)
            try await expect(members: ["etcd2", "etcd3", "etcd4"])
            let again = try await hakube(join)
            #expect(again.out.contains("0 changed"), "\(again.out)")
            let whole = try await hakube(["status"])
            #expect(whole.out.contains("6 hosts, all in order"), "\(whole.out)")
            _ = try await writes("another took its place")

            try await sharesItsEtcd()

            try await hakube(["clean", "--cluster", "etcd", "--all", "--yes"])
            let backup = try #require(
                try FileManager.default.contentsOfDirectory(atPath: "\(home)/etcd").first { $0.hasPrefix("backup-") })
            for file in ["pki.tar", "etcd.db"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(home)/etcd/\(backup)/\(file)")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
                #expect(attributes[.size] as? Int ?? 0 > 10_000)
            }
            for host in ["master1", "master2", "master3", "worker1", "etcd2", "etcd3", "etcd4"] {
                let left = try await lab.on(host, "ls -d /var/lib/hakube /etc/kubernetes /var/lib/etcd /etc/hakube")
                #expect(left.out.isEmpty, "\(host): \(left.out)")
            }
            try await lab.script("down")
        }

        /// To a second cluster the first one's etcd is somebody else's.
        private func sharesItsEtcd() async throws {
            let folder = Lab.folder.appending(path: "etcd/second")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let keeper = "master1"
            for (name, path) in [
                ("ca.crt", "etcd/ca.crt"), ("client.crt", "apiserver-etcd-client.crt"),
                ("client.key", "apiserver-etcd-client.key"),
            ] {
                let file = try await lab.on(keeper, "cat /etc/kubernetes/pki/\(path)")
                try Data(file.out.utf8).write(to: folder.appending(path: name))
            }
            func make(_ prefix: String) async throws -> [String] {
                let endpoints = ["etcd2", "etcd3", "etcd4"].map { "https://\(lab.address($0)):2379" }
                let text = """
                    masters: [\(lab.address("master3"))]
                    etcd: {endpoints: [\(endpoints.joined(separator: ", "))], ca: ca.crt, cert: client.crt, key: client.key}
                    kubeadm:
                      - apiVersion: kubeproxy.config.k8s.io/v1alpha1
                        kind: KubeProxyConfiguration
                        conntrack: {maxPerCore: 0, min: 0}
                      - apiVersion: kubeadm.k8s.io/v1beta2
                        kind: ClusterConfiguration
                        apiServer: {extraArgs: {etcd-prefix: \(prefix)}}
                    """
                let file = folder.appending(path: "cluster.yaml")
                try Data(text.utf8).write(to: file)
                return [
                    "init", "-f", file.path(), "--cluster", "second", "--user", "root", "--key", lab.key, "--bundle",
                    Lab.bundle, "--yes",
                ]
            }
            let before = try lab.changedFiles("master3")
            let refused = try await hakube(make("/registry"), status: 4)
            #expect(refused.err.contains("keys below /registry"), "\(refused.err)")
            #expect(try lab.changedFiles("master3") == before, "a check leaves nothing on a host")

            try await hakube(make("/second"))
            let ready = try await lab.on(
                "master3", "kubectl get nodes --no-headers; find / -xdev -path '*etcd/ca.key'")
            #expect(ready.out.hasPrefix("master3") && ready.out.contains(" Ready "), "\(ready.out)")
            #expect(!ready.out.contains("ca.key"), "\(ready.out)")
            let again = try await hakube(make("/second"))
            #expect(again.out.contains("0 changed"), "\(again.out)")
            let status = try await hakube(["status", "--cluster", "second"])
            #expect(status.out.contains("1 host, all in order"), "\(status.out)")
            #expect(status.out.contains("somebody else's"), "\(status.out)")
            let ended = try await hakube(["clean", "--cluster", "second", "--all", "--yes"])
            #expect(ended.out.contains("etcdctl del --prefix /second"), "\(ended.out)")
        }
    }
}
