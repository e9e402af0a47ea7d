// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// Rules for manifests/: valid YAML, and every image they name is in the bundle, since no host can pull one.
enum PodManifests {
    static let folder = "manifests/"

    static func check(_ contents: [String: Content], images: Set<String>, faults: inout FaultList) {
        for (path, content) in contents.sorted(by: { $0.key < $1.key }) where path.hasPrefix(folder) {
            guard let bytes = content.document else {
                faults.add(path, "the file is too large for a manifest", "split it")
                continue
            }
            var named: Set<String> = []
            do {
                let parser = try Parser(yaml: String(decoding: bytes, as: UTF8.self))
                while let document = try parser.nextRoot() { collect(document, into: &named) }
            } catch {
                let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
                faults.add(path, "is not YAML: \(reason)", "mend it")
            }
            for image in named.sorted() where !images.contains(image) && !isVariable(image) {
                faults.add(
                    path, "names the image \(image), which is not in the bundle",
                    "add the image under exactly this name, or change the manifest")
            }
        }
    }

    /// Containers wherever they stand: pods, templates, lists. A key `image` elsewhere is a custom resource's own.
    private static func collect(_ node: Node, into named: inout Set<String>) {
        if let sequence = node.sequence {
            for item in sequence { collect(item, into: &named) }
        }
        guard let mapping = node.mapping else { return }
        for (key, value) in mapping {
            if ["containers", "initContainers"].contains(key.string), let containers = value.sequence {
                for container in containers {
                    if let image = container.mapping?["image"]?.string { named.insert(image) }
                }
            }
            collect(value, into: &named)
        }
    }

    /// A template's hole is filled in when the manifest is applied.
    private static func isVariable(_ image: String) -> Bool { image.contains("{{") }
}
