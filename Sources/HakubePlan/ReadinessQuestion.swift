// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension ClusterSpec {
    /// Asks an API server whether it is ready, with a kubeconfig of the host.
    ///
    /// - Parameter server: the API server's URL; `nil` means the one that the kubeconfig names.
    func readinessQuestion(kubeconfig: String, server: String? = nil) -> Script {
        let target = server.map { " --server \($0)" } ?? ""
        return Script(
            "kubectl --kubeconfig \(kubeconfig)\(target) --request-timeout 5s get --raw \(kubernetes.readinessPath)")
    }
}
