// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Speaks to etcd with the etcdctl of its own image; the host need not have one.
package struct EtcdControl: Sendable {
    /// Where etcdctl is started.
    private enum Way: Sendable, Hashable {
        /// In the pod of a node, through the API server.
        case pod(node: String)
        /// In the container on the host itself, past everything.
        case container
    }

    private let way: Way
    /// The member of that host: kubeadm lets it listen on the address in every family.
    let local: String
    /// Before etcd 3.4, which came with Kubernetes 1.17, etcdctl spoke the old API unless told otherwise.
    private let needsAPIName: Bool

    /// For scripts on any master: through the pod of the node `node`, which runs on `host`.
    package init(_ host: Host, node: String, kubernetes: KubernetesVersion) {
        self.init(host, .pod(node: node), kubernetes)
    }

    /// For scripts on the very host that carries the member.
    package init(on host: Host, kubernetes: KubernetesVersion) { self.init(host, .container, kubernetes) }

    private init(_ host: Host, _ way: Way, _ kubernetes: KubernetesVersion) {
        self.way = way
        local = EtcdEndpoint(host: host.address.description).description
        needsAPIName = !kubernetes.isAtLeast(1, 17)
    }

    /// A shell function `etcd ENDPOINT ARGUMENTS…`.
    ///
    /// The client certificate is the one kubeadm makes for health checks; each member's server certificate holds its own
    /// address, so any member can be asked with it.
    package var function: String {
        let pki = HostPath.etcdPKI
        let program = """
            \(needsAPIName ? "env ETCDCTL_API=3 " : "")etcdctl --cacert \(pki)/ca.crt --cert \(pki)/healthcheck-client.crt \\
                    --key \(pki)/healthcheck-client.key --endpoints "$@"
            """
        switch way {
        case .pod(let node):
            return """
                etcd() {
                    kubectl --kubeconfig \(HostPath.adminKubeconfig) --request-timeout 60s -n kube-system exec \(Script.quoted("etcd-\(node)")) -- \\
                        \(program)
                }
                """
        case .container:
            // Without input of its own it would take the rest of the script for it.
            return """
                etcd() {
                    for container in $(\(PodContainers.list(named: "etcd"))); do
                        ctr -n k8s.io tasks list | grep -qE "^$container +[0-9]+ +RUNNING" || continue
                        ctr -n k8s.io tasks exec --exec-id "hakube-$$-$(date +%s%N)" "$container" \\
                            \(program) </dev/null
                        return
                    done
                    echo "etcd does not run here" >&2
                    return 1
                }
                """
        }
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
