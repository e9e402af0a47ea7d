// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import Yams

/// A document of the user that is merged over hakube's own of the same kind.
package struct KubeadmDocument: Sendable, Hashable {
    /// A key somewhere in the document.
    package struct Field: Sendable, Hashable {
        /// Keys with dots between them: `networking.podSubnet`. An item of a list of names and values, as v1beta4
        /// writes arguments, counts as a key of that name.
        package let path: String
        /// `nil` for maps and lists.
        package let value: String?
        package let place: String
    }

    package let place: String
    package let apiVersion: Placed<String>
    package let kind: Placed<String>
    /// The document as YAML of its own, without comments.
    package let text: String
    package let fields: [Field]

    package subscript(path: String) -> Field? { fields.first { $0.path == path } }

    /// `kubeadm.k8s.io` of `kubeadm.k8s.io/v1beta4`.
    package var group: String { String(apiVersion.value.prefix { $0 != "/" }) }
}

extension InventoryReader {
    /// The value of `kubeadm`: a list of documents, or one text with `---` between them.
    mutating func kubeadmDocuments(_ node: Node?) -> [KubeadmDocument] {
        guard let node, !node.isNull else { return [] }
        switch node {
        case .sequence(let items): return items.flatMap { documents($0) }
        default: return documents(node)
        }
    }

    private mutating func documents(_ node: Node) -> [KubeadmDocument] {
        guard let scalar = node.scalar, !node.isNull else {
            return document(node, place: place).map { [$0] } ?? []
        }
        // In a block text each line of the text is a line of the file; in quotes nothing certain can be said.
        let isBlock = scalar.style == .literal || scalar.style == .folded
        let offset = node.mark?.line ?? 0
        let here = place(node)
        let file = source.file
        do {
            var found: [KubeadmDocument] = []
            var roots = try Yams.compose_all(yaml: scalar.string)
            while let root = roots.next() {
                if root.isNull { continue }
                let document = document(root) { inner in
                    isBlock ? "\(file):\(offset + (inner.mark?.line ?? 0))" : here
                }
                if let document { found.append(document) }
            }
            if let error = roots.error { throw error }
            return found
        } catch {
            let problem = InventorySource.problem(error, file: file, text: scalar.string, lineOffset: offset)
            add([isBlock ? problem : Problem(place: here, message: problem.message, remedy: problem.remedy)])
            return []
        }
    }

    private mutating func document(_ node: Node, place: (Node) -> String) -> KubeadmDocument? {
        let remedy = "start it with apiVersion and kind, as kubeadm's own files do"
        guard let mapping = node.mapping else {
            refuse(place(node), "a kubeadm document is \(Self.form(node)) here, not a map", remedy)
            return nil
        }
        // Reports keys that stand twice, here and below.
        var fields: [KubeadmDocument.Field] = []
        collect(node, path: "", into: &fields, place: place)
        func header(_ key: String) -> Placed<String>? {
            guard let value = mapping.first(where: { $0.key.scalar?.string == key })?.value, !value.isNull,
                let text = value.scalar?.string
            else { return nil }
            return Placed(text, place(value))
        }
        guard let apiVersion = header("apiVersion"), let kind = header("kind") else {
            refuse(place(node), "a kubeadm document has no apiVersion or no kind", remedy)
            return nil
        }
        do {
            let text = try Yams.serialize(node: node, width: -1, allowUnicode: true)
            return KubeadmDocument(
                place: place(node), apiVersion: apiVersion, kind: kind, text: text, fields: fields)
        } catch {
            refuse(place(node), "a kubeadm document cannot be written as YAML again: \(error)", remedy)
            return nil
        }
    }

    private mutating func collect(
        _ node: Node, path: String, into fields: inout [KubeadmDocument.Field], place: (Node) -> String
    ) {
        func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        if !path.isEmpty {
            fields.append(KubeadmDocument.Field(path: path, value: node.scalar?.string, place: place(node)))
        }
        if let mapping = node.mapping {
            for (keyNode, value) in mapping {
                guard let key = key(keyNode, in: mapping) else { continue }
                collect(value, path: below(key), into: &fields, place: place)
            }
        } else if let sequence = node.sequence {
            for (index, item) in sequence.enumerated() {
                if let name = item.mapping?["name"]?.scalar?.string, let value = item.mapping?["value"] {
                    collect(value, path: below(name), into: &fields, place: place)
                } else {
                    collect(item, path: below(String(index)), into: &fields, place: place)
                }
            }
        }
    }
}
