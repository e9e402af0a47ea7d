// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// `kubeadm init` on one master, or, where a master serves already, what new members need to join through it.
    func firstMasterPhase() throws -> Phase {
        let lead = state.lead
        var steps = ownNameSteps(lead)
        if input.isNewcomer(lead) { steps += try initSteps(lead) }
        if input.isNewcomer(lead) || masters.contains(where: { input.isNewcomer($0) }) {
            steps += try strategy.front(on: lead) + strategy.standing(on: lead)
        }
        steps += certificateNamesStep
        if !state.isNew && !state.joining.isEmpty { steps += try credentialSteps(lead) }
        if !state.joining.isEmpty {
            steps.append(
                Step(
                    id: "cluster-ca", title: "read the cluster's CA certificate",
                    action: .capture(path: HostPath.clusterCA, as: .clusterCA), readOnly: true))
        }
        return together("first-master", "First master", [Lane(host: lead.id, steps: steps)])
    }

    private func initSteps(_ lead: Host) throws -> [Step] {
        let done = Script(
            """
            [ ! -e \(HostPath.unfinished) ]
            [ -e \(HostPath.adminKubeconfig) ]
            [ -e \(HostPath.manifests)/kube-apiserver.yaml ]
            """)
        let command = """
            kubeadm init --config \(HostPath.kubeadmInit) --upload-certs \\
                --skip-token-print --skip-certificate-key-print
            """
        return try strategy.beforeInit(lead) + [
            Step(
                id: "kubeadm-config", title: "write \(HostPath.kubeadmInit)",
                action: .write(try kubeadm.initialisation(of: lead)), unless: done),
            Step(
                id: "kubeadm-init", title: "kubeadm init",
                action: .job(
                    Script(
                        """
                        # Left by a run that was cut off: that cluster never served, so it is made anew.
                        # A marker that a power cut left empty means the same.
                        if [ -e \(HostPath.unfinished) ] && ! grep -qx join \(HostPath.unfinished); then \(spec.etcdTopology.startingOver); fi
                        mkdir -p \(HostPath.state)
                        echo init > \(HostPath.unfinished)
                        \(strategy.initialisation(command, on: lead))
                        \(spec.etcdTopology.forgettingKeptKeys)rm \(HostPath.unfinished)
                        """, timeout: .seconds(900))),
                unless: done),
            rootKubeconfigStep,
        ]
    }

    /// A token, and for masters a certificate key, that live for this run only, made known to a cluster that stands.
    private func credentialSteps(_ lead: Host) throws -> [Step] {
        let token = Step(
            id: "credentials", title: "make a token for joining",
            action: .run(
                Script(
                    """
                    kubectl --kubeconfig \(HostPath.adminKubeconfig) apply -f - <<'TOKEN'
                    \(try kubeadm.bootstrapTokenSecret())TOKEN
                    """)))
        guard state.joining.contains(where: { $0.role == .master }) else { return [token] }
        return [
            token,
            Step(
                id: "upload-certs-config", title: "write \(HostPath.kubeadmUploadCerts)",
                action: .write(try kubeadm.uploadCerts(of: lead))),
            Step(
                id: "upload-certs", title: "lend joining masters the cluster's keys",
                action: .run(
                    Script(
                        """
                        kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print \\
                            --config \(HostPath.kubeadmUploadCerts)
                        rm \(HostPath.kubeadmUploadCerts)
                        """))),
        ]
    }

    /// `kubectl` works for root on a master; a kubeconfig that is there already is left alone.
    var rootKubeconfigStep: Step {
        Step(
            id: "root-kubeconfig", title: "kubectl for root",
            action: .run(
                Script("mkdir -p -m 700 /root/.kube\nln -s \(HostPath.adminKubeconfig) /root/.kube/config")),
            unless: Script("[ -e /root/.kube/config ] || [ -L /root/.kube/config ]"))
    }

    /// What the endpoint's name means on this host in the end, where hakube has a say in it.
    func ownNameSteps(_ host: Host) -> [Step] {
        guard let address = spec.endpoint.meaning(on: host) else { return [] }
        let words = host.role == .master ? "itself" : "the VIP"
        return [hostsStep(host, to: address, id: "hosts", title: "point \(spec.endpoint.name) at \(words)")]
    }

    /// hakube's block in /etc/hosts: what the endpoint's name means on this host.
    func hostsStep(_ host: Host, to address: IPAddress, id: String, title: String) -> Step {
        let block = ManagedBlock(path: HostPath.hosts, name: spec.name, lines: ["\(address) \(spec.endpoint.name)"])
        return Step(id: id, title: title, action: .block(block))
    }
}
