// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// What kubeadm remembers of the cluster learns the names of new masters before they join: each makes its certificate
    /// from it. Names that stand there stay.
    var certificateNamesStep: [Step] {
        guard !state.isNew, let text = input.facts(of: state.lead).clusterConfiguration,
            let patch = ClusterConfigurationPatch(text, adding: kubeadm.certSANs)
        else { return [] }
        return [
            Step(
                id: "certificate-names", title: "add \(patch.added.joined(separator: ", ")) to the certificates' names",
                action: .run(
                    Script(
                        """
                        kubectl --kubeconfig \(HostPath.adminKubeconfig) -n kube-system patch configmap kubeadm-config \\
                            --type merge --patch "$(cat <<'PATCH'
                        \(patch.json)
                        PATCH
                        )" >&2
                        """)))
        ]
    }

    /// API servers of long standing get a certificate with every name, one server at a time, and only where one is missing.
    func certificatePhase() throws -> Phase {
        let lanes = masters.filter { lacksNames($0) }.map { host in
            Lane(host: host.id, steps: CertificateRenewal(planner: self, host: host).steps)
        }
        return Phase(
            id: "certificates", title: "Renew the API servers' certificates", order: .oneByOne,
            lanes: state.isNew ? [] : lanes)
    }

    private func lacksNames(_ host: Host) -> Bool {
        guard !state.joining.contains(where: { $0.id == host.id }),
            let names = input.facts(of: host).certificateNames
        else { return false }
        return !Set(kubeadm.certSANs).isSubset(of: names)
    }
}

/// Makes an API server's certificate anew from what kubeadm remembers of the cluster.
private struct CertificateRenewal {
    let planner: Planner
    let host: Host

    private static let folder = "\(HostPath.state)/certificates"
    private static let configuration = "\(folder)/kubeadm.yaml"

    private var server: String { "https://\(host.address.bracketed):\(planner.spec.endpoint.port)" }

    /// kubeadm makes the pair in a folder of its own, so that the one in use is replaced only by one that is whole. It keeps
    /// the old one for whoever wants to look at it.
    var steps: [Step] {
        let node = planner.input.nodeName(of: host)
        return [
            Step(
                id: "certificate", title: "a certificate with every name for this API server",
                action: .run(
                    Script(
                        """
                        umask 077
                        rm -rf \(Self.folder)
                        mkdir -p \(Self.folder)
                        cp -p /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key \(Self.folder)/
                        {
                            kubectl --kubeconfig \(HostPath.adminKubeconfig) -n kube-system get configmap kubeadm-config \\
                                -o 'jsonpath={.data.ClusterConfiguration}' |
                                sed '/^certificatesDir:/d'
                            printf '\\ncertificatesDir: %s\\n---\\n' \(Self.folder)
                            cat <<'LOCAL'
                        apiVersion: kubeadm.k8s.io/\(KubeadmDialect(version: planner.spec.kubernetes).api)
                        kind: InitConfiguration
                        localAPIEndpoint:
                          advertiseAddress: "\(host.address)"
                          bindPort: \(planner.spec.endpoint.port)
                        nodeRegistration:
                          name: "\(node)"
                        LOCAL
                        } > \(Self.configuration)
                        kubeadm init phase certs apiserver --config \(Self.configuration) >&2
                        # The server takes up the pair when both fit; it reads nothing between the two.
                        chmod 644 \(Self.folder)/apiserver.crt
                        mv \(Self.folder)/apiserver.key /etc/kubernetes/pki/apiserver.key
                        mv \(Self.folder)/apiserver.crt /etc/kubernetes/pki/apiserver.crt
                        rm -rf \(Self.folder)
                        # It looks at the files once a minute; the kubelet starts it anew at once.
                        ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==kube-apiserver' |
                            while read -r container; do
                                ctr -n k8s.io tasks kill --signal SIGTERM "$container" >&2 || true
                            done
                        """, timeout: .seconds(180)))),
            Step(
                id: "own-api-server", title: "wait for its own API server",
                action: .await(
                    planner.spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig, server: server),
                    deadline: .seconds(240)), readOnly: true),
        ]
    }
}
