// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// A package that another installer made brings up a cluster.
    @Suite(.serialized) struct ImportTests {
        private let lab = Lab(name: "sealos", network: "10.94.0", hosts: [("master1", 11), ("worker1", 21)])

        @Test(.enabled("takes two minutes: make test-all") { Lab.runsAll })
        func `a package shaped as sealos 3 has them is imported and brings up a cluster`() async throws {
            try await lab.start()
            let home = Lab.folder.appending(path: lab.name)
            let package = home.appending(path: "kube1.20.2.tar.gz").path()
            let bundle = home.appending(path: "imported.tar.zst").path()
            let folder = home.appending(path: "extracted").path()
            let extracted = try await lab.hakube(["bundle", "extract", "--force", Lab.bundle, folder])
            try #require(extracted.status == 0, "\(extracted.err)")
            let made = try await ProgramRun.run(
                Checkout.root.appending(path: "lab/sealos-package.py").path(), [folder, package])
            try #require(made.status == 0, "\(made.err)")
            let imported = try await lab.hakube([
                "bundle", "import", package, "-o", bundle, "--guardian", "\(folder)/amd64/bin/hakube-guardian",
            ])
            try #require(imported.status == 0, "\(imported.out)\(imported.err)")
            #expect(imported.err.contains("scripts") && imported.err.contains("none was run"), "\(imported.err)")
            #expect(!FileManager.default.fileExists(atPath: "\(package).ran"), "a script of the package was run")
            let inspected = try await lab.hakube(["bundle", "verify", bundle])
            #expect(inspected.status == 0, "\(inspected.out)\(inspected.err)")
            try await bringUp(with: bundle)
            try await expectPinned()
            try await lab.script("down")
        }

        private func bringUp(with bundle: String) async throws {
            let run = try await lab.hakube([
                "init", "-f", Checkout.root.appending(path: "lab/cluster.yaml").path(), "--masters",
                lab.address("master1"), "--nodes", lab.address("worker1"), "--key", lab.key, "--cluster", lab.name,
                "--bundle", bundle, "--yes",
            ])
            #expect(run.status == 0, "\(run.out)\n\(run.err)")
            let nodes = try await lab.on("master1", "kubectl get nodes --no-headers | grep -c ' Ready '")
            #expect(nodes.out == "2\n", "\(nodes.out)\(nodes.err)")
        }

        /// Every image by its full name, pinned, none pulled; the kubelet neither pulls nor deletes one.
        private func expectPinned() async throws {
            for host in lab.hosts.map(\.name) {
                let list = try await lab.on(
                    host, "ctr -n k8s.io images ls | awk 'NR > 1 && $1 !~ /^sha256:/ { print $1, $NF }'")
                let images = list.out.split(separator: "\n")
                #expect(images.count > 4, "\(list.out)")
                for image in images { #expect(image.contains("io.cri-containerd.pinned=pinned"), "\(host): \(image)") }
                for short in ["busybox:1.35", "pause:3.2"] {
                    #expect(images.contains { $0.contains("/\(short) ") }, "\(host): \(list.out)")
                }
                let sandbox = try await lab.on(
                    host, "grep -c 'sandbox_image = \"k8s.gcr.io/pause:3.2\"' /etc/containerd/config.toml")
                #expect(sandbox.out == "1\n")
                // This kubelet does not know pinned images.
                let kept = try await lab.on(
                    host, "grep -c '^imageGCHighThresholdPercent: 100$' /var/lib/kubelet/config.yaml")
                #expect(kept.out == "1\n")
                let pulls = try await lab.on(
                    host, "journalctl -u kubelet -u containerd | grep -cE 'PullImage|pulling image' || :")
                #expect(pulls.out == "0\n", "\(host) tried to pull an image")
            }
        }
    }
}
