// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// An etcd on hosts of its own, as kubeadm's documentation makes it: a kubelet that serves no cluster runs its pod.
extension Planner {
    var etcdState: EtcdState { EtcdState(input) }

    /// Those who begin it side by side, those who come later one after another; then what API servers need to be let in.
    ///
    /// There is nothing to do where etcd is on the masters, or somebody else's.
    func etcdPhases() throws -> [Phase] {
        let state = etcdState
        guard let keeper = state.keeper else { return [] }
        var phases = [try certificateAuthorityPhase(state, keeper)]
        phases.append(
            together(
                "etcd", "Begin etcd",
                try state.founders.map { host in
                    let file = try kubeadm.etcdMember(on: host, members: state.initialCluster, joins: false)
                    return Lane(host: host.id, steps: memberSteps(file, isKeeper: host.id == keeper.id))
                }))
        phases.append(
            together(
                "etcd-health", "Wait for etcd",
                state.founders.map { Lane(host: $0.id, steps: [healthStep($0)]) }))
        guard let lead = state.lead else { return phases }
        phases.append(
            Phase(
                id: "etcd-vote", title: "Let new members of etcd vote", order: .oneByOne,
                lanes: state.learners.map { Lane(host: $0.id, steps: voteSteps($0, by: lead) + [healthStep($0)]) }))
        for host in state.joiners {
            let file = try kubeadm.etcdMember(on: host, members: RuntimeValue.etcdMembers.marker, joins: true)
            // One member at a time: etcd has one learner at most, and where it knows none the new one counts before it votes.
            phases.append(
                Phase(
                    id: "etcd-join \(host.id)", title: "Join \(host.id) to etcd", order: .oneByOne,
                    lanes: [
                        Lane(host: lead.id, steps: announcement(of: host, by: lead)),
                        Lane(
                            host: host.id,
                            steps: memberSteps(file, isKeeper: host.id == keeper.id) + voteSteps(host, by: lead)
                                + [healthStep(host)]),
                    ]))
        }
        return phases
    }

    /// The CA is made once, on one host, and lent to those that start: each makes its own certificates by it.
    private func certificateAuthorityPhase(_ state: EtcdState, _ keeper: Host) throws -> Phase {
        var steps: [Step] = []
        if !state.hasCA && state.standing.isEmpty {
            let file = try kubeadm.etcdMember(on: keeper, members: state.initialCluster, joins: false)
            steps += [
                configurationStep(file),
                Step(
                    id: "etcd-ca", title: "make etcd's CA",
                    action: .run(
                        Script(
                            """
                            # One half of a pair is left of a power cut.
                            rm -f \(HostPath.etcdCA) \(HostPath.etcdCAKey)
                            kubeadm init phase certs etcd-ca --config \(HostPath.kubeadmEtcd) >&2
                            """)),
                    unless: Script("[ -s \(HostPath.etcdCA) ]\n[ -s \(HostPath.etcdCAKey) ]")),
            ]
        }
        if state.starting.contains(where: { $0.id != keeper.id }) {
            steps += [
                captureStep(HostPath.etcdCA, as: .etcdCA, "read etcd's CA certificate"),
                captureStep(HostPath.etcdCAKey, as: .etcdCAKey, "read the key of etcd's CA"),
            ]
        }
        return together("etcd-ca", "A CA for etcd", [Lane(host: keeper.id, steps: steps)])
    }

    func captureStep(_ path: String, as value: RuntimeValue, _ title: String) -> Step {
        Step(id: "read \(value.rawValue)", title: title, action: .capture(path: path, as: value), readOnly: true)
    }

    private func configurationStep(_ file: RemoteFile) -> Step {
        Step(id: "etcd-config", title: "write \(file.path)", action: .write(file))
    }

    /// A host's member from its certificates to its pod.
    private func memberSteps(_ file: RemoteFile, isKeeper: Bool) -> [Step] {
        let authority = [
            RemoteFile(path: HostPath.etcdCA, text: "\(RuntimeValue.etcdCA.marker)\n"),
            RemoteFile(path: HostPath.etcdCAKey, mode: 0o600, text: "\(RuntimeValue.etcdCAKey.marker)\n"),
        ].map { Step(id: "write \($0.path)", title: "write \($0.path)", action: .write($0)) }
        let names = ["server", "peer", "healthcheck-client"]
        let certificates = Step(
            id: "etcd-certificates", title: "certificates for this member of etcd",
            action: .run(
                Script(
                    """
                    # kubeadm takes what stands there, and a power cut may have left half of it.
                    cd \(HostPath.etcdPKI)
                    rm -f \(names.map { "\($0).crt \($0).key" }.joined(separator: " "))
                    for phase in \(names.map { "etcd-\($0)" }.joined(separator: " ")); do
                        kubeadm init phase certs $phase --config \(HostPath.kubeadmEtcd) >&2
                    done
                    """)),
            unless: Script(
                names.flatMap { ["\($0).key", "\($0).crt"] }.map { "[ -s \(HostPath.etcdPKI)/\($0) ]" }
                    .joined(separator: "\n")))
        let pod = Step(
            id: "etcd-pod", title: "etcd as a static pod",
            action: .run(Script("kubeadm init phase etcd local --config \(HostPath.kubeadmEtcd) >&2")),
            unless: Script("grep -qs -e '- --initial-cluster-state=' \(HostPath.manifests)/etcd.yaml"))
        return [configurationStep(file)] + (isKeeper ? [] : authority) + [certificates, serviceStep, pod]
    }

    /// What runs is what was started with these bytes: their digest is kept at each start.
    private var serviceStep: Step {
        let watched = [
            "/etc/systemd/system/kubelet.service", NodeFiles.etcdDropIn, HostPath.kubeletConfiguration,
            "\(HostPath.programs)/kubelet",
        ].joined(separator: " ")
        let started = "\(HostPath.state)/kubelet.started"
        return Step(
            id: "etcd-kubelet", title: "start the kubelet that keeps etcd running",
            action: .run(
                Script(
                    """
                    # A kubelet that starts without this folder looks for it again only after up to 20 s.
                    mkdir -p \(HostPath.manifests)
                    systemctl daemon-reload
                    systemctl restart kubelet
                    cat \(watched) | sha256sum > \(started)
                    """)),
            unless: Script(
                """
                systemctl -q is-active kubelet
                [ "$(cat \(watched) | sha256sum)" = "$(cat \(started))" ]
                """))
    }

    /// True when the member answers and a majority stands behind it.
    func healthStep(_ host: Host) -> Step {
        let control = etcd(of: host)
        return Step(
            id: "etcd-healthy", title: "etcd is healthy here",
            action: .await(
                Script("\(control.function)\netcd \(control.local) endpoint health >&2"), deadline: .seconds(240)),
            readOnly: true)
    }
}
