// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// sealos writes kubeadm's documents with Go's names of fields (`APIServer.CertSANs`), and kubeadm reads them: Go's JSON takes
/// keys whatever their case.
extension SourceNode {
    /// The value of a key, whatever its case.
    func folded(_ key: String) -> SourceNode? {
        self[key] ?? entries.first { $0.key.lowercased() == key.lowercased() }?.value
    }

    /// Keys with their first letter small: `HostPath` is `hostPath`.
    var uncapitalised: SourceNode {
        let content: Content =
            switch self.content {
            case .list(let items): .list(items.map(\.uncapitalised))
            case .map(let entries):
                .map(
                    entries.map {
                        Entry(key: $0.key.prefix(1).lowercased() + $0.key.dropFirst(), value: $0.value.uncapitalised)
                    })
            default: self.content
            }
        return SourceNode(path: path, line: line, content: content, origin: origin)
    }
}
