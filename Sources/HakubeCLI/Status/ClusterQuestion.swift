// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan

/// The one script that asks a master with a living API server about its cluster. It reads only; of tokens it takes the names and
/// dates, never the secrets.
struct ClusterQuestion {
    /// Where to ask; `nil`: as the admin's kubeconfig says.
    var server: String?

    var script: Script {
        let to = server.map { " --server \($0)" } ?? ""
        let tokens =
            #"{range .items[*]}{.metadata.name}{"|"}{.data.expiration}{"|"}{.data.usage-bootstrap-authentication}{"#
            + #""|"}{.data.description}{"\n"}{end}"#
        let keys = #"{.metadata.name}{"|"}{.metadata.ownerReferences[0].name}"#
        return Script(
            """
            set +eu
            {
            say() { printf '%s %s\\n' "$1" "$(base64 | tr -d '\\n')"; }
            k() { kubectl --kubeconfig \(HostFiles.adminKubeconfig)\(to) --request-timeout 10s "$@" 2>/dev/null; }
            if [ -f \(HostFiles.adminKubeconfig) ]; then
            # An API server whose etcd is away lets every question run into its time-out: one is enough, and by its path, or
            # kubectl would ask for all groups of the API before.
            nodes=$(k get --raw /api/v1/nodes | base64 | tr -d '\\n')
            echo "nodes $nodes"
            [ -n "$nodes" ] || exit 0
            k -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' | say kubeadm
            k -n kube-system get configmap kube-proxy -o 'jsonpath={.data.config\\.conf}' | say proxy
            k -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token \\
                -o 'jsonpath=\(tokens)' | say tokens
            k -n kube-system get secret kubeadm-certs --ignore-not-found -o 'jsonpath=\(keys)' | say keys
            k -n \(ClusterRecord.secretNamespace) get secret \(ClusterRecord.secretName) --ignore-not-found \\
                -o 'jsonpath={.data.cluster\\.json}' | base64 -d 2>/dev/null | say record
            fi
            cat /proc/sys/kernel/hostname | say hostname
            cat /etc/hosts | say hosts
            echo yes | say end
            } </dev/null
            """, timeout: .seconds(90))
    }
}
