// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

@testable import HakubeBundle

extension BadBundle {
    private static let network = "manifests/pod-network.yaml"

    /// Bundles made to hold up, to mislead or to lead astray whoever reads them.
    static let traps = [
        parts("a manifest of aliases", "its aliases make more of it than a manifest may be") { parts in
            let levels = (1...12).map { level in
                let below = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                return "l\(level): &a\(level) [\(below)]"
            }
            let text = "a: &a0 {b: c}\n" + levels.joined(separator: "\n") + "\n"
            try parts.replace(network, by: Array(text.utf8))
        },
        parts("a few aliases that make much", "its aliases make more of it than a manifest may be") { parts in
            let levels = (1...19).map { level in "l\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]" }
            let text = "a: &a0 {b: c}\n" + levels.joined(separator: "\n") + "\n"
            try parts.replace(network, by: Array(text.utf8))
        },
        parts("an index of one image many times", "lists 5000 images, and 4096 is the most") { parts in
            let line = #"{"mediaType":"a","digest":"sha256:0","size":1}"#
            let lines = Array(repeating: line, count: 5000).joined(separator: ",")
            try parts.replace(ImageLayout.index, by: Array(#"{"schemaVersion":2,"manifests":[\#(lines)]}"#.utf8))
        },
        parts("a manifest that holds nothing", "manifests/pod-network.yaml: holds no object") { parts in
            try parts.replace(network, by: Array("# later\n".utf8))
        },
        parts("a program that nodes do not get", "a node does not get the program, and needs it") { parts in
            try parts.change(kubelet) { $0.listed["roles"] = ["master"] }
        },
        parts("a key that stands twice", "the manifest has keys that hakube does not write") { parts in
            parts.edit = { $0.replacing("\"kubernetes\"", with: "\"kubernetes\" : \"v1.34.2\",\n  \"kubernetes\"") }
        },
        parts("a component that colours the terminal", #"`x\u{1b}[31m 1.0` is no name and version"#) { parts in
            parts.manifest["components"] = [["name": "x\u{1b}[31m", "version": "1.0"]]
        },
        parts("an add-on without a name", "manifests/.yaml: is not called NAME.yaml") { parts in
            try rename(network, to: "manifests/.yaml", in: &parts)
        },
        parts("an add-on whose name is another's to Kubernetes", "is not called NAME.yaml") { parts in
            try rename(network, to: "manifests/pod_network.yaml", in: &parts)
        },
        parts("a program in a folder of its own", "amd64/bin/kubelet/x: a bundle has no such folder") { parts in
            try rename(kubelet, to: "amd64/bin/kubelet/x", in: &parts)
        },
    ]

    private static func rename(_ path: String, to name: String, in parts: inout BundleParts) throws {
        try parts.change(path) { entry in
            entry.listed["path"] = name
            entry.header = TarHeader(path: name, mode: entry.header.mode, size: entry.content.count)
        }
    }
}
