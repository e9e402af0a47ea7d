// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// Hosts before a cluster and after it: nothing may tell the two moments apart.
    @Suite(.serialized) struct TraceTests {
        private static let lab = Lab(name: "trace", network: "10.81.0", hosts: [("master1", 11), ("worker1", 21)])
        private var lab: Lab { Self.lab }

        private var arguments: [String] {
            [
                "init", "-f", Checkout.root.appending(path: "lab/cluster.yaml").path(), "--masters",
                lab.address("master1"),
                "--nodes", lab.address("worker1"), "--key", lab.key, "--cluster", "trace", "--bundle", Lab.bundle,
                "--yes",
            ]
        }

        private func traces() async throws -> [String: LabTrace] {
            var all: [String: LabTrace] = [:]
            for host in lab.hosts { all[host.name] = try await LabTrace(of: host.name, in: lab) }
            return all
        }

        /// Removes what a run made and compares; then once more, when nothing is left to do.
        private func expectNoTrace(since before: [String: LabTrace], sourceLocation: SourceLocation = #_sourceLocation)
            async throws
        {
            let run = try await lab.hakube(["clean", "--all", "--cluster", "trace", "--yes"])
            #expect(run.status == 0, "\(run.out)\n\(run.err)", sourceLocation: sourceLocation)
            #expect(run.out.contains("The cluster trace has ended."), sourceLocation: sourceLocation)
            print(run.out.split(separator: "\n").first { $0.contains(" changed, ") } ?? "")
            for host in lab.hosts.map(\.name) {
                #expect(try await lab.giveBack(host) == [], "a second time", sourceLocation: sourceLocation)
            }
            let after = try await traces()
            for host in lab.hosts.map(\.name) {
                let (then, now) = (try #require(before[host]), try #require(after[host]))
                let found = now.differences(from: then)
                #expect(
                    found.isEmpty, "\(host):\n\(found.prefix(60).joined(separator: "\n"))",
                    sourceLocation: sourceLocation)
                #expect(
                    then.lines.count > 1000, "a trace that sees nothing proves nothing", sourceLocation: sourceLocation)
            }
        }

        private func prepare(_ host: String, _ script: String) async throws {
            let run = try await lab.on(host, "set -eu\n\(script)")
            try #require(run.status == 0, "\(host): \(run.out)\(run.err)")
        }

        @Test func `hosts with settings and a containerd of their own get exactly those back`() async throws {
            try await lab.start()
            try await prepare("master1", Self.ownSettings)
            let root = "/proc/\(try await lab.processNumber(of: "worker1"))/root"
            for program in ["containerd", "containerd-shim-runc-v2", "ctr", "runc"] {
                let source = URL(filePath: Self.programs).appending(path: program)
                try FileManager.default.copyItem(at: source, to: URL(filePath: "\(root)/usr/bin/\(program)"))
            }
            try await prepare("worker1", Self.ownContainerd)
            let before = try await traces()
            let inventory = Lab.folder.appending(path: "\(lab.name)/registries.yaml")
            let plain = try String(contentsOf: Checkout.root.appending(path: "lab/cluster.yaml"), encoding: .utf8)
            try (plain + "registries: [{host: quay.io, endpoints: [\"http://192.0.2.1:5000\"]}]\n")
                .write(to: inventory, atomically: true, encoding: .utf8)
            let run = try await lab.hakube([arguments[0], "-f", inventory.path()] + arguments.dropFirst(3))
            #expect(run.status == 0, "\(run.out)\n\(run.err)")
            #expect(run.err.contains("it has a containerd of its own"), "\(run.err)")
            #expect(run.err.contains("/etc/crictl.yaml is there and is not hakube's"), "\(run.err)")
            let ours = try await lab.on(
                "worker1",
                "ls /etc/containerd/conf.d; cat /etc/containerd/certs.d/own.example/hosts.toml; "
                    + "grep -c '^# hakube' /etc/containerd/certs.d/quay.io/hosts.toml")
            #expect(ours.out == "server = \"https://own.example\"\n1\n", "\(ours.out)\(ours.err)")
            try await expectNoTrace(since: before)
            let images = try await lab.on("worker1", "systemctl is-active containerd && ctr images ls -q")
            #expect(images.out == "active\nown.example/empty:v1\n")
        }

        @Test(.enabled("takes a minute more: make test-all") { Lab.runsAll })
        func `bare hosts are bare again`() async throws {
            try await lab.start()
            let before = try await traces()
            let run = try await lab.hakube(arguments)
            #expect(run.status == 0, "\(run.out)\n\(run.err)")
            try await expectNoTrace(since: before)
        }

        @Test(.enabled("takes two minutes more: make test-all") { Lab.runsAll })
        func `a cluster comes up behind packet filters that turn everything away, and they are as before`() async throws
        {
            try await lab.start()
            for host in lab.hosts { try await prepare(host.name, Self.ownFilter) }
            let before = try await traces()
            let run = try await lab.hakube(arguments)
            #expect(run.status == 0, "\(run.out)\n\(run.err)")
            #expect(run.out.contains("open the packet filter for the cluster"), "\(run.out)")
            let policy = try await lab.on("worker1", "iptables -S INPUT | head -n 1; iptables -S FORWARD | grep REJECT")
            #expect(policy.out == "-P INPUT DROP\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable\n")
            try await expectNoTrace(since: before)
        }

        @Test(
            .enabled("takes minutes: make test-all") { Lab.runsAll },
            arguments: [
                "install programs", "write /etc/hakube/kubeadm-init.yaml", "write /etc/hakube/kubeadm-join.yaml",
            ])
        func `half-made hosts are given back like whole ones`(title: String) async throws {
            try await lab.start()
            try await prepare("master1", Self.ownSettings)
            let before = try await traces()
            let words = arguments.map { "'\($0)'" }.joined(separator: " ")
            // Killed while the step after that line is under way.
            let script = """
                out=$(mktemp)
                '\(Checkout.hakube)' \(words) > "$out" 2>&1 & pid=$!
                until grep -qF '\(title)' "$out"; do kill -0 $pid; sleep 0.2; done
                sleep 2
                kill -KILL $pid
                rm "$out"
                """
            let home = Lab.folder.appending(path: "\(lab.name)/operator").path()
            let run = try await ProgramRun.run("/bin/sh", ["-euc", script], environment: ["HAKUBE_HOME": home])
            #expect(run.status == 0, "\(run.out)\(run.err)")
            try await expectNoTrace(since: before)
        }

        private static let programs =
            (ProcessInfo.processInfo.environment["HAKUBE_CACHE"] ?? "/var/cache/hakube") + "/build/made/debian/bin"

        private static let ownSettings = """
            printf 'runtime-endpoint: unix:///run/own.sock\\n' > /etc/crictl.yaml
            chmod 640 /etc/crictl.yaml
            printf 'net.ipv4.conf.all.route_localnet = 0\\n' > /etc/sysctl.d/99-zz-hakube.conf
            printf '/swapfile none swap sw 0 0\\n# a comment\\n' >> /etc/fstab
            printf '10.1.2.3 own.example # no line break' >> /etc/hosts
            printf 0 > /proc/sys/net/ipv4/ip_forward
            printf 0 > /proc/sys/net/ipv4/conf/eth0/rp_filter
            install -D -m 600 /dev/null /root/.kube/config
            iptables -A INPUT -s 192.0.2.0/24 -m comment --comment 'my own rule' -j DROP
            iptables -t nat -N OWN
            iptables -t nat -A POSTROUTING -s 198.51.100.0/24 -j OWN
            """

        private static let ownFilter = """
            iptables -A INPUT -i lo -j ACCEPT
            iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
            iptables -A INPUT -p tcp --dport 22 -j ACCEPT
            iptables -P INPUT DROP
            iptables -A FORWARD -j REJECT
            """

        private static let ownContainerd = #"""
            cat > /lib/systemd/system/containerd.service <<'UNIT'
            [Unit]
            Description=a containerd of the host's own
            [Service]
            ExecStart=/usr/bin/containerd
            Type=notify
            Delegate=yes
            KillMode=process
            [Install]
            WantedBy=multi-user.target
            UNIT
            mkdir -p /etc/containerd /etc/systemd/system/containerd.service.d /etc/cni/net.d /opt/cni/bin
            printf 'version = 2\n[debug]\n  level = "warn"\n' > /etc/containerd/config.toml
            chmod 600 /etc/containerd/config.toml
            mkdir -p /etc/containerd/conf.d /etc/containerd/certs.d/quay.io /etc/containerd/certs.d/own.example
            printf 'version = 2\noom_score = -1\n' > /etc/containerd/conf.d/own.toml
            printf 'server = "https://quay.io"\n' > /etc/containerd/certs.d/quay.io/hosts.toml
            printf 'server = "https://own.example"\n' > /etc/containerd/certs.d/own.example/hosts.toml
            printf '[Service]\nEnvironment=OWN=yes\n' > /etc/systemd/system/containerd.service.d/own.conf
            printf '{"cniVersion":"0.4.0","name":"own","plugins":[{"type":"own"}]}' > /etc/cni/net.d/05-own.conflist
            install -m 755 /dev/null /opt/cni/bin/own
            systemctl daemon-reload
            systemctl -q enable --now containerd
            mkdir -p /tmp/own/blobs/sha256
            cd /tmp/own
            blob() {
                cat > new
                digest=$(sha256sum < new | cut -d ' ' -f 1) size=$(wc -c < new)
                mv new "blobs/sha256/$digest"
            }
            blob <<'CONFIG'
            {"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}
            CONFIG
            type=application/vnd.oci.image
            printf '{"schemaVersion":2,"config":{"mediaType":"%s.config.v1+json","digest":"sha256:%s","size":%s},"layers":[]}' \
                $type "$digest" "$size" | { blob; echo "$digest $size" > manifest; }
            read -r digest size < manifest
            printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json","digest":"sha256:%s","size":%s,' \
                $type "$digest" "$size" > index.json
            printf '"annotations":{"io.containerd.image.name":"own.example/empty:v1"}}]}' >> index.json
            printf '{"imageLayoutVersion":"1.0.0"}' > oci-layout
            tar -cf - oci-layout index.json blobs | ctr images import --no-unpack -
            rm -rf /tmp/own
            # What it writes at its first start and stop is there before the host is looked at.
            systemctl restart containerd
            """#
    }
}
