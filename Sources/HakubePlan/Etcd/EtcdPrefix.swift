// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Yams

/// The API servers' `--etcd-prefix`.
struct EtcdPrefix {
    let value: String

    /// - Parameter documents: kubeadm's, as the user wrote them; arguments are a map up to v1beta3, a list since.
    init(documents: [String]) {
        let roots = documents.flatMap { (try? Array(Yams.compose_all(yaml: $0))) ?? [] }
        let arguments = roots.first { $0["kind"]?.string == "ClusterConfiguration" }?["apiServer"]?["extraArgs"]
        let listed = arguments?.sequence?.last { $0["name"]?.string == "etcd-prefix" }?["value"]?.string
        value = listed ?? arguments?.mapping?["etcd-prefix"]?.string ?? "/registry"
    }
}
