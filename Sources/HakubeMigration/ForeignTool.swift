// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The tools whose files hakube can read.
package enum ForeignTool: String, Sendable, Hashable, CaseIterable {
    case rke, sealos, kubekey, kubespray

    /// As its makers write it.
    package var title: String {
        switch self {
        case .rke: "RKE"
        case .sealos: "sealos"
        case .kubekey: "KubeKey"
        case .kubespray: "kubespray"
        }
    }
}
