// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a file is.
package enum FileKind: String, Sendable, Hashable, CaseIterable {
    /// YAML documents with apiVersion and kind: kubeadm's, manifests, kubeconfigs.
    case kubernetes
    case haproxy
    case keepalived
    case hosts
    /// RKE's cluster.yml.
    case rke
    /// guardian.json of hakube-guardian.
    case guardian
    /// A certificate in PEM form.
    case certificate
    /// A shell script, or commands copied from a shell's history.
    case script
}

/// A file to look at: its name, which may give its kind or its host away, and its text.
package struct LintFile: Sendable, Hashable {
    package let name: String
    package let text: String
    /// What it is; `nil`: its content tells.
    package let kind: FileKind?

    package init(name: String, text: String, kind: FileKind? = nil) {
        self.name = name
        self.text = text
        self.kind = kind
    }
}
