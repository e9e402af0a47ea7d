// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeBundle

/// A manifest of somebody else's, made fit for a bundle: whole image names, and the pod subnet as a variable.
struct ForeignManifest {
    /// What bundles call it.
    static let networkName = "pod-network.yaml"
    private static let variable = "{{podSubnet}}"
    /// Environment variables by which pod networks are told the pods' addresses.
    private static let settings = ["CALICO_IPV4POOL_CIDR", "POD_SUBNET", "CLUSTER_CIDR"]

    private(set) var lines: [String]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        nameImages()
    }

    var text: String { lines.joined(separator: "\n") }

    /// `calico/node:v3.8` means docker.io/calico/node:v3.8 to every kubelet; containerd knows it by that name only.
    private mutating func nameImages() {
        for (index, line) in lines.enumerated() {
            let start = line.prefix { $0 == " " || $0 == "-" }
            let rest = line.dropFirst(start.count)
            guard rest.hasPrefix("image:") else { continue }
            let written = rest.dropFirst(6).filter { $0 != " " && $0 != "\"" && $0 != "'" && $0 != "\r" }
            guard !written.isEmpty, !written.contains("{{"), let name = ImageName(written) else { continue }
            lines[index] = "\(start)image: \(name.text)"
        }
    }

    /// Puts the variable where the manifest says which addresses pods have.
    ///
    /// - Returns: false where no such place is known.
    mutating func openSubnet() -> Bool {
        if text.contains(Self.variable) { return true }
        for (index, line) in lines.enumerated() {
            if let colon = line.firstRange(of: "\"Network\":") {
                guard let value = Self.quoted(line[colon.upperBound...]) else { continue }
                lines[index] = line[..<value.lowerBound] + "\"\(Self.variable)\"" + line[value.upperBound...]
                return true
            }
            guard Self.settings.contains(where: { line.hasSuffix("name: \($0)") }),
                index + 1 < lines.count
            else { continue }
            // calico's file has both lines behind a comment sign.
            let (name, value) = (Self.uncommented(line), Self.uncommented(lines[index + 1]))
            let start = value.prefix { $0 == " " }
            guard value.dropFirst(start.count).hasPrefix("value:") else { continue }
            lines[index] = name
            lines[index + 1] = "\(start)value: \"\(Self.variable)\""
            return true
        }
        return false
    }

    /// Where the one quoted string stands, if nothing but a comma is behind it: more on the line would be more of the
    /// document.
    private static func quoted(_ text: Substring) -> Range<Substring.Index>? {
        guard let first = text.firstIndex(where: { $0 != " " }), text[first] == "\"" else { return nil }
        let inner = text.index(after: first)
        guard let last = text[inner...].firstIndex(of: "\"") else { return nil }
        let end = text.index(after: last)
        return ["", ",", "\r", ",\r"].contains(text[end...].filter { $0 != " " }) ? first..<end : nil
    }

    private static func uncommented(_ line: String) -> String {
        guard line.drop(while: { $0 == " " }).hasPrefix("# "), let sign = line.firstRange(of: "# ") else { return line }
        return String(line[..<sign.lowerBound] + line[sign.upperBound...])
    }
}

extension ForeignManifest {
    /// What a bundle calls a manifest of this name: small letters, digits, dots and dashes.
    static func plainName(_ file: String) -> String {
        let stem = file.lastIndex(of: ".").map { file[..<$0] } ?? file[...]
        let plain = stem.lowercased().map { character in
            character.isASCII && (character.isLetter || character.isNumber || character == ".") ? character : "-"
        }
        let labels = String(plain).split(separator: ".").map { label in
            label.drop { $0 == "-" }.reversed().drop { $0 == "-" }.reversed()
        }
        return labels.filter { !$0.isEmpty }.map { String($0) }.joined(separator: ".")
    }
}
