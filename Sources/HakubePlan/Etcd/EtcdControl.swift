// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Speaks to etcd through the pod of a master: its image has etcdctl, the host need not.
package struct EtcdControl: Sendable {
    /// Name of the node whose pod is asked.
    let node: String

    package init(node: String) { self.node = node }

    /// A shell function `etcd ARGUMENTS…`. Needs etcd 3.4 or later, kubeadm's since Kubernetes 1.17.
    ///
    /// The client certificate is the one kubeadm makes for health checks; each member's server certificate holds its own
    /// address, so any member can be asked with it.
    package var function: String {
        let pki = "/etc/kubernetes/pki/etcd"
        let pod = Script.quoted("etcd-\(node)")
        return """
            etcd() {
                kubectl --kubeconfig \(HostPath.adminKubeconfig) --request-timeout 60s -n kube-system exec \(pod) -- \\
                    etcdctl --cacert \(pki)/ca.crt --cert \(pki)/healthcheck-client.crt \\
                    --key \(pki)/healthcheck-client.key --endpoints "$@"
            }
            """
    }

    /// The member of this very node.
    static let local = "https://127.0.0.1:2379"

    /// Prints the members and their state, each as a line of base64. A dead member costs its time-out.
    package var survey: Script {
        Script(
            """
            \(function)
            # Time-outs are for the members that are gone.
            printf 'members %s\\n' "$(etcd \(Self.local) member list -w json | base64 | tr -d '\\n')"
            printf 'status %s\\n' "$(etcd \(Self.local) --dial-timeout 2s --command-timeout 4s endpoint status \\
                --cluster -w json 2>/dev/null | base64 | tr -d '\\n')"
            """, timeout: .seconds(60))
    }
}
