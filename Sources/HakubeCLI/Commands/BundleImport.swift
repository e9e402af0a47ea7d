// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeImport
import HakubeModel

/// `hakube bundle import FILE|DIR -o OUT`: what people have already becomes a bundle.
struct BundleImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a bundle of a sealos package, saved images, or a folder of files.",
        discussion: """
            Takes an offline package of sealos 2 or 3 (kube/bin, kube/images), tars written by docker save, skopeo or ctr \
            images export, and folders that hold such archives, programs, CNI plugins and manifests; tars may be compressed \
            by gzip, zstd or xz. Its scripts are never run; its kubeadm, kubelet, kubectl, containerd, runc and crictl are asked \
            for their versions on this machine, without a network where you are root: import what you trust. With a bundle folder as -o the images are added \
            to that folder.
            """)

    @Argument(help: "The archive or folder.")
    var source: String

    @Option(
        name: [.short, .long],
        help: "The file to write, ending in .tar.zst, .tar.gz or .tar; or a bundle folder that gets the images.")
    var output: String

    @Option(help: ArgumentHelp("Kubernetes release, where the source does not tell it.", valueName: "version"))
    var kubernetes: String?

    @Option(
        help: ArgumentHelp("Architecture: amd64, arm64, ppc64le or s390x (default: its kubelet's).", valueName: "name"))
    var arch: String?

    @Option(
        help: ArgumentHelp(
            "hakube-guardian for the hosts (default: the source's, or the one beside hakube).", valueName: "file"))
    var guardian: String?

    func validate() throws {
        if let kubernetes, KubernetesVersion(kubernetes) == nil {
            throw ValidationError("--kubernetes \(kubernetes) is no release; write it as v1.34.2")
        }
        if let arch, Architecture(rawValue: arch) == nil {
            throw ValidationError("--arch \(arch) is unknown; write amd64, arm64, ppc64le or s390x")
        }
    }

    func run() async throws {
        var request = ImportRequest(source: source, output: output)
        request.kubernetes = kubernetes.flatMap(KubernetesVersion.init)
        request.arch = arch.flatMap(Architecture.init(rawValue:))
        request.guardian = guardian
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "hakube-guardian").path
        request.usualGuardian = beside.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
        let settled = request
        let result = try await Interrupt.cancels {
            let meters = PhaseMeter()
            defer { meters.end() }
            return try Importer(settled) { meters.show($0, $1, $2) }.run()
        }
        for note in result.notes { StandardError.say("note: \(note)") }
        if let manifest = result.manifest {
            print("imported \(manifest.summary) into \(output)")
        } else {
            print("added \(result.images.count) images to \(output): \(result.images.joined(separator: ", "))")
        }
    }
}
