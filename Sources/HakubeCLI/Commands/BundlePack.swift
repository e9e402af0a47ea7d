// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeBundle
import HakubeModel

/// `hakube bundle pack DIR`: a folder of binaries, images and manifests becomes one reproducible file.
struct BundlePack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Make a bundle from a folder.",
        discussion: """
            The folder holds bundle.yaml (kubernetes, arch, roles, components), bin/, cni/, images/ (an OCI layout), manifests/ and \
            files/; for several architectures amd64/bin/, amd64/cni/, arm64/bin/ and so on. Everything is checked before the \
            file is written; the same folder gives the same bytes.

            Its kubeadm, kubelet, kubectl, containerd, runc and crictl are asked for their versions, and kubeadm for its \
            images. For that they run on this machine as you do, for some seconds, and where you are root without a network: \
            pack what you trust.
            """)

    @Argument(help: "The folder.")
    var folder: String

    @Option(
        name: [.short, .long],
        help: "The file to write, ending in .tar.zst, .tar.gz or .tar (default: kube-VERSION-linux-ARCH.tar.zst).")
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Sign it with this private Ed25519 key of OpenSSH's, without a passphrase.", valueName: "file"))
    var signKey: String?

    func run() async throws {
        let folder = folder
        let key = try signKey.map { try SigningKey(file: $0) }
        let target = try output ?? BundlePacker.usualName(of: folder)
        let manifest = try await Interrupt.cancels {
            let meter = ByteMeter("pack")
            defer { meter.end() }
            return try BundlePacker.pack(folder: folder, to: target, key: key) {
                meter.show($0, $1)
            }
        }
        print("packed \(manifest.summary) into \(target)")
    }
}
