// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Yams

/// Rules for manifests/: valid YAML, and every image they name is in the bundle and is taken from there, since no host
/// can pull one.
enum PodManifests {
    static let folder = "manifests/"

    /// What a container says of its image.
    private struct Use: Hashable {
        let image: String
        let policy: String?
    }

    static func check(_ contents: [String: Content], images: [Architecture: Set<String>], faults: inout FaultList) {
        for (path, content) in contents.sorted(by: { $0.key < $1.key }) where path.hasPrefix(folder) {
            guard let bytes = content.document else {
                faults.add(path, "the file is too large for a manifest", "split it")
                continue
            }
            var uses: Set<Use> = []
            do {
                let parser = try Parser(yaml: String(decoding: bytes, as: UTF8.self))
                while let document = try parser.nextRoot() { collect(document, into: &uses) }
            } catch {
                let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
                faults.add(path, "is not YAML: \(reason)", "mend it")
            }
            for use in uses.sorted(by: { ($0.image, $0.policy ?? "") < ($1.image, $1.policy ?? "") }) {
                check(use, in: path, images, &faults)
            }
        }
    }

    private static func check(
        _ use: Use, in path: String, _ images: [Architecture: Set<String>], _ faults: inout FaultList
    ) {
        // A template's hole is filled in when the manifest is applied.
        guard !use.image.contains("{{") else { return }
        let name = ImageName(use.image)?.text ?? use.image
        let lacking = images.filter { !$0.value.contains(name) }.keys.map(\.rawValue).sorted()
        if !lacking.isEmpty {
            let whom = lacking.count == images.count ? "" : " for \(lacking.joined(separator: ", "))"
            faults.add(
                path, "names the image \(use.image), which is not in the bundle\(whom)",
                "add the image under exactly this name, or change the manifest")
        } else if use.policy == "Always" {
            faults.add(
                path, "asks with imagePullPolicy Always to pull the image \(use.image)",
                "write IfNotPresent; the image is in the bundle")
        } else if use.policy == nil, name.hasSuffix(":latest"), !name.contains("@") {
            faults.add(
                path, "names the image \(use.image) by the tag latest, which Kubernetes pulls each time",
                "write imagePullPolicy: IfNotPresent, or another tag")
        }
    }

    /// Containers wherever they stand: pods, templates, lists. A key `image` elsewhere is a custom resource's own.
    private static func collect(_ node: Node, into uses: inout Set<Use>) {
        if let sequence = node.sequence {
            for item in sequence { collect(item, into: &uses) }
        }
        guard let mapping = node.mapping else { return }
        for (key, value) in mapping {
            if ["containers", "initContainers"].contains(key.string), let containers = value.sequence {
                for container in containers {
                    guard let image = container.mapping?["image"]?.string else { continue }
                    uses.insert(Use(image: image, policy: container.mapping?["imagePullPolicy"]?.string))
                }
            }
            collect(value, into: &uses)
        }
    }
}
