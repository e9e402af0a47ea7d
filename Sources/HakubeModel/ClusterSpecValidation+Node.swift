// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What Kubernetes shall know about a node besides its address.
extension ClusterSpecValidation {
    /// Node names are DNS names in lower case; the label kubernetes.io/hostname limits them to 63 characters.
    mutating func nodeName(_ entry: Inventory.Entry) -> String? {
        guard let written = entry.name else { return nil }
        let name = written.value
        if Self.isNodeName(name) { return name }
        if Self.isNodeName(name.lowercased()) {
            refuse(
                written.place, "`\(name)` cannot name a node, Kubernetes takes lower case only",
                "write `\(name.lowercased())`")
        } else {
            refuse(
                written.place, "`\(name)` cannot name a node",
                "use lower-case letters, digits, dashes and dots, 63 characters at most (RFC 1123)")
        }
        return nil
    }

    private static func isNodeName(_ text: String) -> Bool { Naming.isDNSName(text) && text.utf8.count <= 63 }

    mutating func labels(_ entry: Inventory.Entry) -> [String: String] {
        var labels: [String: String] = [:]
        for label in entry.labels {
            let place = label.key.place
            if !Naming.isLabelKey(label.key.value) {
                refuse(
                    place, "`\(label.key.value)` cannot be the key of a label",
                    "write name or prefix/name: letters, digits, - _ . inside, 63 characters at most, the prefix a DNS name"
                )
            }
            if !Naming.isLabelValue(label.value) {
                refuse(
                    place, "`\(label.value)` cannot be the value of the label \(label.key.value)",
                    "use letters, digits, - _ . inside, 63 characters at most")
            }
            labels[label.key.value] = label.value
        }
        return labels
    }

    mutating func taints(_ entry: Inventory.Entry) -> [Taint]? {
        guard let written = entry.taints else { return nil }
        var taints: [Taint] = []
        for item in written {
            guard let taint = Taint(item.value) else {
                refuse(
                    item.place, "`\(item.value)` does not read as a taint",
                    "write key=value:NoSchedule, or PreferNoSchedule or NoExecute after the colon")
                continue
            }
            if taints.contains(where: { $0.key == taint.key && $0.effect == taint.effect }) {
                refuse(
                    item.place, "the taint \(taint.key) stands twice with the effect \(taint.effect.rawValue)",
                    "keep one of the two")
            }
            taints.append(taint)
        }
        return taints
    }
}

extension Taint {
    /// Reads `key=value:effect` or `key:effect`; `nil` if a part is illegal.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let effect = Effect(rawValue: String(text[text.index(after: colon)...]))
        else { return nil }
        let parts = text[..<colon].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        let value = parts.count == 2 ? parts[1] : ""
        guard Naming.isLabelKey(parts[0]), Naming.isLabelValue(value) else { return nil }
        self.init(key: parts[0], value: value, effect: effect)
    }
}
