// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// An address with holes: `https://dl.k8s.io/release/{{kubernetes}}/bin/linux/{{arch}}/kubeadm`.
package struct Pattern: Sendable, Hashable {
    /// What may stand in the holes. `version` is the component's own, `minor` is 1.36, `url` is for checksums.
    static let names = ["kubernetes", "minor", "arch", "version", "url"]

    let text: String

    init(_ text: String) { self.text = text }

    /// The names in the holes, in the order they stand.
    var holes: [String] {
        text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst().map { part in
            part.split(separator: "}}", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
        }
    }

    /// Holes without a value stay.
    func filled(_ values: [String: String]) -> String {
        values.reduce(text) { $0.replacing("{{\($1.key)}}", with: $1.value) }
    }

    var isURL: Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }
}
