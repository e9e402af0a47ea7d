// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Speaks to etcd through the pod of a master: its image has etcdctl, the host need not.
package struct EtcdControl: Sendable {
    /// Name of the node whose pod is asked.
    let node: String
    /// The member of that node: kubeadm lets it listen on the address in every family.
    let local: String
    /// Before etcd 3.4, which came with Kubernetes 1.17, etcdctl spoke the old API unless told otherwise.
    private let needsAPIName: Bool

    package init(_ host: Host, node: String, kubernetes: KubernetesVersion) {
        self.node = node
        local = "https://\(host.address.bracketed):2379"
        needsAPIName = !kubernetes.isAtLeast(1, 17)
    }

    /// A shell function `etcd ENDPOINT ARGUMENTS…`.
    ///
    /// The client certificate is the one kubeadm makes for health checks; each member's server certificate holds its own
    /// address, so any member can be asked with it.
    package var function: String {
        let pki = "/etc/kubernetes/pki/etcd"
        let pod = Script.quoted("etcd-\(node)")
        return """
            etcd() {
                kubectl --kubeconfig \(HostPath.adminKubeconfig) --request-timeout 60s -n kube-system exec \(pod) -- \\
                    \(needsAPIName ? "env ETCDCTL_API=3 " : "")etcdctl --cacert \(pki)/ca.crt --cert \(pki)/healthcheck-client.crt \\
                    --key \(pki)/healthcheck-client.key --endpoints "$@"
            }
            """
    }

    /// Prints the members and their state, each as a line of base64. A dead member costs its time-out.
    package var survey: Script {
        Script(
            """
            \(function)
            # Time-outs are for the members that are gone.
            printf 'members %s\\n' "$(etcd \(local) member list -w json | base64 | tr -d '\\n')"
            printf 'status %s\\n' "$(etcd \(local) --dial-timeout 2s --command-timeout 4s endpoint status \\
                --cluster -w json 2>/dev/null | base64 | tr -d '\\n')"
            """, timeout: .seconds(60))
    }
}
