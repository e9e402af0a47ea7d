// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// What kubeadm remembers of the cluster learns the names of new masters before they join: each makes its certificate
    /// from it. Names that stand there stay.
    ///
    /// Where etcd is on hosts of its own, they learn its members from there, too.
    var certificateNamesStep: [Step] {
        guard !state.isNew, let text = input.facts(of: state.lead).clusterConfiguration,
            let patch = ClusterConfigurationPatch(
                text, adding: spec.apiServerNames, members: spec.etcdTopology.wantedEndpoints?.map(\.description))
        else { return [] }
        let names = patch.added.isEmpty ? [] : ["add \(patch.added.joined(separator: ", ")) to the certificates' names"]
        let title = names + (patch.changesMembers ? ["keep which members etcd has"] : [])
        return [kubeadmConfigStep("certificate-names", title.joined(separator: ", "), patch.json)]
    }

    /// Merges a patch into what kubeadm remembers of the cluster.
    func kubeadmConfigStep(_ id: String, _ title: String, _ patch: String) -> Step {
        Step(id: id, title: title, action: .run(ConfigMapChange.kubeadm(kubectl, patch)))
    }

    /// API servers of long standing get a certificate with every name, one server at a time, and only where one is missing.
    func certificatePhase() throws -> Phase {
        let lanes = masters.compactMap { host -> Lane? in
            let missing = missingNames(of: host)
            guard !missing.isEmpty else { return nil }
            return Lane(host: host.id, steps: CertificateRenewal(planner: self, host: host, missing: missing).steps)
        }
        return Phase(
            id: "certificates", title: "Renew the API servers' certificates", order: .oneByOne,
            lanes: state.isNew ? [] : lanes)
    }

    private func missingNames(of host: Host) -> [String] {
        guard !state.isJoining(host),
            let names = input.facts(of: host).certificateNames
        else { return [] }
        return spec.apiServerNames.filter { !names.contains($0) }
    }
}

/// Makes an API server's certificate anew from what kubeadm remembers of the cluster.
private struct CertificateRenewal {
    let planner: Planner
    let host: Host
    /// The names its certificate lacks.
    let missing: [String]

    private static let folder = "\(HostPath.state)/certificates"
    private static let configuration = "\(folder)/kubeadm.yaml"

    private var server: String { "https://\(host.address.bracketed):\(planner.spec.endpoint.serverPort)" }

    /// kubeadm makes the pair in a folder of its own, so that the one in use is replaced only by one that is whole.
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
                          bindPort: \(planner.spec.endpoint.serverPort)
                        nodeRegistration:
                          name: "\(node)"
                        LOCAL
                        } > \(Self.configuration)
                        kubeadm init phase certs apiserver --config \(Self.configuration) >&2
                        # A pair that does not fit is not taken up; the next look finds both.
                        chmod 644 \(Self.folder)/apiserver.crt
                        mv \(Self.folder)/apiserver.key /etc/kubernetes/pki/apiserver.key
                        mv \(Self.folder)/apiserver.crt /etc/kubernetes/pki/apiserver.crt
                        rm -rf \(Self.folder)
                        \(reloads ? "" : restart)
                        """, timeout: .seconds(180)))),
            Step(
                id: "own-api-server", title: "wait until its own API server shows it",
                action: .await(Script(question), deadline: .seconds(240)), readOnly: true),
        ]
    }

    /// A server looks at its certificate's files once a minute and takes up new ones without a break. kubectl can ask for a
    /// name since 1.19.
    private var reloads: Bool { planner.spec.kubernetes.isAtLeast(1, 19) }

    /// The kubelet starts the container anew.
    private var restart: String { PodContainers.signalling("SIGTERM", to: "kube-apiserver") }

    private var question: String {
        let ready = planner.spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig, server: server).text
        guard reloads else { return ready }
        return missing.map { "\(ready) --tls-server-name \(Script.quoted($0))" }.joined(separator: "\n")
    }
}
