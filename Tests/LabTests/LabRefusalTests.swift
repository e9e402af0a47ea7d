// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// What makes hakube refuse, on real hosts: the sentence, the exit code, and hosts that were not touched.
    @Suite(.serialized) struct RefusalTests {
        static let lab = Lab(name: "refuse", network: "10.80.0", hosts: [("host1", 11), ("host2", 12), ("host3", 13)])
        static let start = StartOnce()

        /// Starts the hosts at the first call.
        actor StartOnce {
            private var starting: Task<Void, any Error>?

            func done() async throws {
                let task = starting ?? Task { try await RefusalTests.lab.start() }
                starting = task
                try await task.value
            }
        }

        private var lab: Lab { Self.lab }

        /// Runs init on three hosts with a home of its own, and proves that no file of theirs has changed.
        private func refusal(
            _ arguments: [String] = [], masters: String = "10.80.0.11", nodes: String = "10.80.0.12,10.80.0.13",
            bundle: String = Lab.bundle, login: [String]? = nil, home: String? = nil,
            prepare: () async throws -> Void = {}
        ) async throws -> ProgramRun {
            try await Self.start.done()
            let folder = home ?? FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID())").path()
            defer { if home == nil { try? FileManager.default.removeItem(atPath: folder) } }
            try await prepare()
            let names = lab.hosts.map(\.name)
            let before = try names.map(lab.changedFiles)
            let run = try await lab.hakube(
                [
                    "init", "--masters", masters, "--nodes", nodes, "--bundle", bundle, "--yes", "--cluster",
                    "refuse",
                ] + (login ?? ["--user", "root", "--key", lab.key]) + arguments, home: folder)
            let after = try names.map(lab.changedFiles)
            for index in names.indices {
                let changed = after[index].filter { before[index][$0.key] != $0.value }.keys
                #expect(changed.isEmpty, "\(names[index]) was touched: \(changed.sorted())")
            }
            return run
        }

        private func rename(_ name: String) async throws {
            let renamed = try await lab.on("host3", "echo \(name) > /etc/hostname; hostname \(name)")
            #expect(renamed.status == 0, "\(renamed.err)")
        }

        private func passwordFile(_ password: String) throws -> String {
            let file = FileManager.default.temporaryDirectory.appending(path: "password-\(UUID())").path()
            let isMade = FileManager.default.createFile(
                atPath: file, contents: Data("\(password)\n".utf8), attributes: [.posixPermissions: 0o600])
            #expect(isMade)
            return file
        }

        @Test func `a wrong password says what was tried and ends with 3`() async throws {
            let file = try passwordFile("wrong")
            defer { try? FileManager.default.removeItem(atPath: file) }
            let run = try await refusal(login: ["--user", "operator", "--password-file", file])
            #expect(run.status == 3, "\(run.out)\(run.err)")
            #expect(run.err.contains("operator@10.80.0.11:22") && run.err.contains("password"), "\(run.err)")
            #expect(!run.err.contains("wrong"), "the password itself must not show")
        }

        @Test func `a refused port is named for every host and ends with 3`() async throws {
            let run = try await refusal(["--port", "2"])
            #expect(run.status == 3)
            for host in ["10.80.0.11:2", "10.80.0.12:2", "10.80.0.13:2"] { #expect(run.err.contains(host)) }
            #expect(run.err.contains("port 2 refuses the connection"), "\(run.err)")
        }

        @Test func `an unknown host key under strict checking ends with 3 and shows the fingerprint`() async throws {
            let run = try await refusal(["--strict-host-keys"])
            #expect(run.status == 3)
            #expect(run.err.contains("SHA256:"), "\(run.err)")
        }

        @Test func `a changed host key stops with both fingerprints and 3`() async throws {
            try await Self.start.done()
            let home = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID())").path()
            defer { try? FileManager.default.removeItem(atPath: home) }
            let first = try await lab.hakube(
                [
                    "plan", "--masters", "10.80.0.11", "--bundle", Lab.bundle, "--user", "root", "--key", lab.key,
                    "--cluster", "refuse",
                ], home: home)
            #expect(first.status == 0, "\(first.err)")
            let run = try await refusal(home: home) {
                let renew = """
                    rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
                    systemctl restart ssh
                    """
                let renewed = try await lab.on("host1", renew)
                #expect(renewed.status == 0, "\(renewed.err)")
            }
            #expect(run.status == 3, "\(run.out)\(run.err)")
            let line = run.err.split(separator: "\n").first { $0.hasPrefix("error: ") } ?? ""
            #expect(line.split(separator: "SHA256:").count == 3, "both fingerprints: \(run.err)")
        }

        @Test func `a login without sudo ends with 3`() async throws {
            let file = try passwordFile("lab")
            defer { try? FileManager.default.removeItem(atPath: file) }
            let run = try await refusal(login: ["--user", "nosudo", "--password-file", file])
            #expect(run.status == 3)
            #expect(run.err.contains("sudo"), "\(run.err)")
        }

        @Test(arguments: [("admin", ""), ("operator", "lab")])
        func `a login with sudo is let in, with a password and without`(user: String, password: String) async throws {
            try await Self.start.done()
            let file = try passwordFile(password.isEmpty ? "unused" : password)
            defer { try? FileManager.default.removeItem(atPath: file) }
            let login = ["--user", user, "--key", lab.key, "--password-file", file]
            let run = try await refusal(["--dry-run"], login: login)
            #expect(run.status == 0, "\(run.err)")
            #expect(run.out.contains("kubeadm init"))
        }

        @Test func `two hosts with the same name end with 4, both named`() async throws {
            let run = try await refusal {
                try await rename("host2")
            }
            try await rename("host3")
            #expect(run.status == 4, "\(run.out)\(run.err)")
            #expect(run.err.contains("10.80.0.12") && run.err.contains("10.80.0.13"), "\(run.err)")
        }

        @Test func `a VIP that answers already ends with 4`() async throws {
            // The hosts' gateway, this machine, answers to it.
            let run = try await refusal(["--vip", "10.80.0.1"])
            #expect(run.status == 4, "\(run.out)\(run.err)")
            #expect(run.err.contains("10.80.0.1"), "\(run.err)")
        }

        @Test func `a folder that cannot be written ends with 4 before any host is asked`() async throws {
            let run = try await refusal(home: "/proc/hakube")
            #expect(run.status == 4, "\(run.out)\(run.err)")
            #expect(run.err.contains("HAKUBE_HOME"), "\(run.err)")
        }

        @Test func `a bundle with one flipped byte ends with 6`() async throws {
            let copy = FileManager.default.temporaryDirectory.appending(path: "flipped-\(UUID()).tar.zst")
            defer { try? FileManager.default.removeItem(at: copy) }
            var bytes = try Data(contentsOf: URL(filePath: Lab.bundle))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: copy)
            let run = try await refusal(bundle: copy.path())
            #expect(run.status == 6, "\(run.out)\(run.err)")
            #expect(run.err.contains("fetch or copy the bundle again"), "\(run.err)")
        }

        @Test func `a bundle of another architecture ends with 6 and names both`() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "foreign-\(UUID())").path()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let bundle = "\(folder)/foreign.tar"
            let made = try await ProgramRun.run("/bin/sh", ["-euc", Self.foreignBundle, "sh", folder])
            #expect(made.status == 0, "\(made.err)")
            let packed = try await ProgramRun.run(Checkout.hakube, ["bundle", "pack", "\(folder)/in", "-o", bundle])
            #expect(packed.status == 0, "\(packed.err)")
            let run = try await refusal(bundle: bundle)
            #expect(run.status == 6, "\(run.out)\(run.err)")
            #expect(run.err.contains("arm64") && run.err.contains("amd64"), "\(run.err)")
        }

        /// Makes the folder of a bundle for arm64: programs that are headers only, and an image without layers under all names.
        private static let foreignBundle = #"""
            mkdir -p "$1/in/bin" "$1/in/cni" "$1/in/images/blobs/sha256"
            cd "$1/in"
            printf 'kubernetes: v1.20.2\narch: arm64\ncomponents:\n  containerd: 1.6.20\n' > bundle.yaml
            for program in kubeadm kubectl kubelet; do printf '  %s: 1.20.2\n' $program >> bundle.yaml; done
            for program in bin/kubeadm bin/kubelet bin/kubectl bin/crictl bin/containerd bin/containerd-shim-runc-v2 \
                bin/ctr bin/runc cni/bridge cni/host-local cni/loopback cni/portmap; do
                # An ELF header: 64 bit, little endian, an executable for machine 183, which is AArch64.
                printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0' > $program
                head -c 44 /dev/zero >> $program
                chmod 755 $program
            done
            blob() {
                cat > "$1/in/new"
                digest=$(sha256sum < "$1/in/new" | cut -d ' ' -f 1)
                size=$(wc -c < "$1/in/new")
                mv "$1/in/new" "$1/in/images/blobs/sha256/$digest"
            }
            printf '{"architecture":"arm64","os":"linux"}' | { blob "$1"; echo "$digest $size" > "$1/config"; }
            read -r digest size < "$1/config"
            type=application/vnd.oci.image
            printf '{"schemaVersion":2,"config":{"mediaType":"%s.config.v1+json","digest":"sha256:%s","size":%s},"layers":[]}' \
                $type "$digest" "$size" | { blob "$1"; echo "$digest $size" > "$1/manifest"; }
            read -r digest size < "$1/manifest"
            # One image stands for all that kubeadm asks for.
            comma='{"schemaVersion":2,"manifests":['
            for name in pause:3.2 etcd:3.4.13-0 coredns:1.7.0 kube-apiserver:v1.20.2 kube-controller-manager:v1.20.2 \
                kube-scheduler:v1.20.2 kube-proxy:v1.20.2; do
                printf '%s{"mediaType":"%s.manifest.v1+json","digest":"sha256:%s","size":%s,' $comma $type "$digest" "$size"
                printf '"annotations":{"io.containerd.image.name":"k8s.gcr.io/%s"}}' $name
                comma=,
            done > images/index.json
            printf ']}' >> images/index.json
            printf '{"imageLayoutVersion":"1.0.0"}' > images/oci-layout
            """#
    }
}
