// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation
import HakubeModel
import HakubeTestSupport
import Synchronization

/// Gives the tests that run at the same time one and the same content. It goes, and its registry with it, when the last of
/// them has ended.
actor UpstreamKeeper {
    static let shared = UpstreamKeeper()
    private weak var content: UpstreamContent?
    private var making: Task<UpstreamContent, any Error>?

    func content() async throws -> UpstreamContent {
        if let content { return content }
        let task = making ?? Task { try await UpstreamContent() }
        making = task
        // The task itself would hold its result for ever.
        defer { making = nil }
        let made = try await task.value
        content = made
        return made
    }
}

/// The files of the made-up release, and its images in a registry that wants a token for each repository.
final class UpstreamContent: Sendable {
    private static let arches: [Architecture] = [.amd64, .arm64]
    private static let plugins = [
        "bandwidth", "bridge", "dhcp", "firewall", "host-local", "ipvlan", "loopback", "macvlan", "portmap", "ptp",
        "static", "tuning", "vlan",
    ]

    private let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-upstream-\(UUID())").path()
    private let registry: RegistryServer
    /// Gives out the tokens.
    private let tokens: DownloadSite
    private let known = Mutex<[String: String]>([:])

    fileprivate init() async throws {
        tokens = try await DownloadSite()
        registry = try await RegistryServer(tokens: "\(tokens.url)/token")
        // Dozens of programs run for it, and other tests need the pool's few threads meanwhile.
        try await OffPool.run { try self.fill() }
    }

    private func fill() throws {
        for arch in Self.arches { try servePrograms(arch) }
        try serveRunc()
        try serve("dl/release/stable-1.36.txt", Array(Upstream.release.utf8))
        try serve("github/flannel-io/flannel/releases/download/v0.28.4/kube-flannel.yml", Array(Self.flannel.utf8))
        for name in Upstream.images { try push("k8s/\(name)") }
        try push("flannel-io/flannel:v0.28.4")
        try push("flannel-io/flannel-cni-plugin:v1.9.1-flannel1")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// HOST:PORT of the server that gives out tokens.
    var tokenHost: String { tokens.host }

    /// A site with these files, and the registry behind it.
    func site() async throws -> DownloadSite {
        let site = try await DownloadSite()
        try site.configure("upstream", registry.host)
        let files = site.folder.appending(path: "files")
        try FileManager.default.removeItem(at: files)
        try FileManager.default.createSymbolicLink(atPath: files.path(), withDestinationPath: "\(folder)/files")
        return site
    }

    /// - Returns: its sha256.
    @discardableResult
    private func serve(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = URL(filePath: "\(folder)/files/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    /// An image of both architectures behind a list, with a layer of its own and one that all images share.
    func push(_ name: String) throws {
        let halves = name.split(separator: ":").map(String.init)
        var content = RegistryContent(halves[0])
        let variants = try Self.arches.map { arch in
            try content.image(
                arch.rawValue,
                layers: [Array("layer shared by all".utf8), Array("layer of \(name) \(arch.rawValue)".utf8)]
            ).on(arch.rawValue)
        }
        // What signing tools put beside the platforms.
        let attestation = try content.image("unknown", layers: [Array("attestation".utf8)]).on("unknown", os: "unknown")
        _ = try content.index(variants + [attestation], tag: halves[1])
        let token = try TestToken.make([halves[0]])
        try known.withLock { known in
            known["repository:\(halves[0]):pull"] = token
            try tokens.configure("tokens.json", String(decoding: try JSONEncoder().encode(known), as: UTF8.self))
        }
        try registry.push(content, token: try TestToken.make([halves[0]], actions: ["pull", "push"]))
    }

    private func servePrograms(_ arch: Architecture) throws {
        let kubernetes = "dl/release/\(Upstream.release)/bin/linux/\(arch.rawValue)"
        for name in ["kubeadm", "kubelet", "kubectl"] {
            let isScript = name == "kubeadm" && arch == .amd64
            let program = isScript ? Array(Self.kubeadm.utf8) : Self.program(name, arch)
            let sum = try serve("\(kubernetes)/\(name)", program)
            try serve("\(kubernetes)/\(name).sha256", Array(sum.utf8))
        }
        try serveArchive(
            "github/kubernetes-sigs/cri-tools/releases/download/v1.36.0/crictl-v1.36.0-linux-\(arch.rawValue).tar.gz",
            ["crictl"], arch, sum: ".sha256")
        try serveArchive(
            "github/containerd/containerd/releases/download/v2.3.4/containerd-static-2.3.4-linux-\(arch.rawValue).tar.gz",
            ["bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr", "bin/containerd-stress"], arch,
            sum: ".sha256sum")
        try serveArchive(
            "github/containernetworking/plugins/releases/download/v1.9.1/cni-plugins-linux-\(arch.rawValue)-v1.9.1.tgz",
            Self.plugins.map { "./\($0)" }, arch, sum: ".sha256")
    }

    /// The one list of checksums for all architectures, signed as runc's is.
    private func serveRunc() throws {
        let base = "github/opencontainers/runc/releases/download/v1.4.3"
        var lines = ["-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", ""]
        for arch in Self.arches {
            let sum = try serve("\(base)/runc.\(arch.rawValue)", Self.program("runc", arch))
            lines.append("\(sum)  runc.\(arch.rawValue)")
        }
        lines += ["-----BEGIN PGP SIGNATURE-----", "", "iQIzBAEBCAAdFiEE", "-----END PGP SIGNATURE-----", ""]
        try serve("\(base)/runc.sha256sum", Array(lines.joined(separator: "\n").utf8))
    }

    private func serveArchive(_ path: String, _ members: [String], _ arch: Architecture, sum ending: String) throws {
        let folder = "\(folder)/archive"
        try? FileManager.default.removeItem(atPath: folder)
        for member in members {
            let file = URL(filePath: "\(folder)/\(member)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(Self.program(member, arch)).write(to: file)
        }
        let archive = "\(folder)/archive.tar.gz"
        try LocalProgram.run(["/bin/tar", "-C", folder, "-czf", archive] + members)
        let digest = try serve(path, Array(try Data(contentsOf: URL(filePath: archive))))
        let name = path.split(separator: "/").last ?? ""
        try serve(path + ending, Array("\(digest)  \(name)\n".utf8))
    }

    /// The begin of an ELF file (System V ABI), and a content of its own. No machine runs it.
    static func program(_ name: String, _ arch: Architecture) -> [UInt8] {
        var head: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 57)
        head[18] = arch == .amd64 ? 62 : 183
        return head + Array(String(repeating: "\(name) for \(arch.rawValue)\n", count: 4000).utf8)
    }

    /// It answers one question, and with the repository that it is told.
    private static let kubeadm = """
        #!/bin/sh
        [ "$*" != "version -o short" ] || { echo \(Upstream.release); exit; }
        [ "$1 $2 $3 $5" = "config images list \(Upstream.release)" ] || exit 1
        for image in \(Upstream.images.joined(separator: " ")); do
            [ "$6" != --image-repository ] || { echo "$7/${image#*/}"; continue; }
            echo "registry.k8s.io/$image"
        done
        """

    private static let flannel = """
        kind: ConfigMap
        apiVersion: v1
        metadata: {name: kube-flannel-cfg, namespace: kube-flannel}
        data:
          net-conf.json: |
            {
              "Network": "10.244.0.0/16",
              "Backend": {"Type": "vxlan"}
            }
        ---
        kind: DaemonSet
        apiVersion: apps/v1
        metadata: {name: kube-flannel-ds, namespace: kube-flannel}
        spec:
          template:
            spec:
              initContainers:
              - name: install-cni-plugin
                image: ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1
              containers:
              - name: kube-flannel
                image: ghcr.io/flannel-io/flannel:v0.28.4
        """
}

/// Blocking work on a thread of its own.
enum OffPool {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
        }
    }
}
