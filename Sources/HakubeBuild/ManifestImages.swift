// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeBundle
import Yams

/// The images that a manifest's containers name.
enum ManifestImages {
    /// - Parameter origin: file or address, for the sentence.
    /// - Returns: the names as they are written, each once, in the order of the text.
    /// - Throws: `BundleError` if it is not YAML.
    static func scan(_ yaml: String, origin: String) throws -> [String] {
        var found: [String] = []
        do {
            let parser = try Parser(yaml: yaml)
            while let document = try parser.nextRoot() { collect(document, into: &found) }
        } catch {
            let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
            throw BundleError(origin, "is no manifest: \(reason)", "look at what is there, and mend it")
        }
        return found
    }

    /// Containers wherever they stand: pods, templates, lists. A key `image` elsewhere is a custom resource's own, and
    /// what it means only its controller knows.
    private static func collect(_ node: Node, into found: inout [String]) {
        if let sequence = node.sequence {
            for item in sequence { collect(item, into: &found) }
        }
        guard let mapping = node.mapping else { return }
        for (key, value) in mapping {
            if ["containers", "initContainers"].contains(key.string), let containers = value.sequence {
                for container in containers {
                    guard let image = container.mapping?["image"]?.string, !image.contains("{{") else { continue }
                    if !found.contains(image) { found.append(image) }
                }
            }
            collect(value, into: &found)
        }
    }
}
