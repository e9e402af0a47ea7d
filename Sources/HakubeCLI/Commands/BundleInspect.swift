// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle
import HakubeModel

/// `hakube bundle inspect FILE`: what a bundle says it holds. Reads the manifest only.
struct BundleInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what a bundle holds, without reading all of it.")

    @Argument(help: "The bundle.")
    var file: String

    @Option(help: "text or json.")
    var output = OutputOptions.Format.text

    func run() async throws {
        let reader = BundleReader(file)
        let manifest = try reader.manifest()
        switch output {
        case .text: print(Self.text(manifest, signer: try reader.signer()), terminator: "")
        case .json: try JSONText.show(manifest)
        }
    }

    static func text(_ manifest: BundleManifest, signer: PublicKey?) -> String {
        var lines = ["Bundle of \(manifest.summary)"]
        lines.append(signer.map { "Signed by \($0.fingerprint)" } ?? "Not signed")
        if let sandbox = manifest.sandboxImage { lines.append("Pods start with \(sandbox)") }
        if !manifest.components.isEmpty {
            lines += ["", "Made of"] + manifest.components.map { "  \($0.name) \($0.version)" }
        }
        lines += ["", "Files (sha256, size, roles, path)"]
        lines += manifest.files.filter { !$0.path.hasPrefix("images/") }.map { file in
            let digest = file.sha256.prefix(12)
            return "  \(digest)  \(ByteMeter.padded(file.size))  \(file.roles.joined(separator: "+"))  \(file.path)"
        }
        lines += ["", "Images (digest, architecture, roles, name)"]
        lines += manifest.images.map { image in
            let digest = image.digest.dropFirst(7).prefix(12)
            return "  \(digest)  \(image.arch.rawValue)  \(image.roles.joined(separator: "+"))  \(image.name)"
        }
        lines.append("")
        lines += manifest.arches.flatMap { arch in
            Role.bundled.map { role in
                "A \(role.rawValue) of \(arch.rawValue) gets \(ByteMeter.text(manifest.byteCount(for: role, on: arch)))"
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension BundleManifest {
    /// One line that says what this is.
    var summary: String {
        let bytes = files.reduce(0) { $0 + $1.size }
        return
            "Kubernetes \(kubernetes) for \(arches.map(\.rawValue).joined(separator: ", ")), \(files.count) files, \(images.count) images, "
            + ByteMeter.text(bytes)
    }
}
