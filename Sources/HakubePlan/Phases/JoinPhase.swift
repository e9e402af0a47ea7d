// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// The other masters and the workers side by side; only etcd takes its new members one at a time.
    ///
    /// The pod network and the add-ons go in meanwhile, through the master that serves.
    func joinPhase() throws -> Phase {
        var lanes = [Lane(host: state.lead.id, steps: input.newcomers == nil ? podNetworkSteps + addOnSteps : [])]
        for host in masters where host.id != state.lead.id {
            lanes.append(Lane(host: host.id, steps: try masterSteps(host)))
        }
        // Workers of long standing learn of new masters; of new workers there is nothing to learn.
        let learners = newcomers.contains { $0.role == .master }
        for host in nodes where learners || input.isNewcomer(host) {
            lanes.append(Lane(host: host.id, steps: try input.isNewcomer(host) ? nodeSteps(host) : memberSteps(host)))
        }
        return together("join", "Join masters and workers, bring up the pod network", lanes)
    }

    private func masterSteps(_ host: Host) throws -> [Step] {
        let settled = try strategy.front(on: host) + ownNameSteps(host) + strategy.standing(on: host)
        guard state.isJoining(host) else {
            if input.isNewcomer(host) { return settled + [rootKubeconfigStep] }
            // A master of long standing learns of new ones.
            return masters.contains { input.isNewcomer($0) } ? settled : ownNameSteps(host)
        }
        let lead = state.lead
        var steps: [Step] = []
        if spec.endpoint.meaning(on: host) != nil {
            let title = "point \(spec.endpoint.name) at \(lead.id) while joining"
            steps.append(hostsStep(host, to: lead.address, id: "hosts-join", title: title))
        }
        steps += try joinFiles(host) + MasterJoin(spec: spec, etcdOfLead: etcd(of: lead)).steps
        return steps + [ownServerStep(host)] + settled + [rootKubeconfigStep]
    }

    /// A worker of long standing learns which masters there are.
    private func memberSteps(_ host: Host) throws -> [Step] { try ownNameSteps(host) + strategy.lists(host) }

    private func nodeSteps(_ host: Host) throws -> [Step] {
        var steps = ownNameSteps(host)
        if state.isJoining(host) {
            steps += try strategy.beforeJoin(host) + joinFiles(host)
            steps.append(nodeJoinStep)
        } else if input.facts(of: host).unfinished != nil {
            steps.append(
                Step(
                    id: "kubeadm-join", title: "end the join that was cut off after its work",
                    action: .run(Script("rm \(HostPath.unfinished)"))))
        }
        return steps + (try strategy.lasting(host, afterJoin: state.isJoining(host)))
    }

    private var nodeJoinStep: Step {
        let command = "kubeadm join --config \(HostPath.kubeadmJoin)\nrm \(HostPath.unfinished)"
        return Step(
            id: "kubeadm-join", title: "kubeadm join", action: .job(JoinScript(command: command).beginning),
            unless: Script("[ -e \(HostPath.kubeletKubeconfig) ]"))
    }

    /// What kubeadm reads on a joining host: how to find the cluster, and how to join it.
    private func joinFiles(_ host: Host) throws -> [Step] {
        var files = try [kubeadm.discovery(), kubeadm.join(of: host, by: .file)]
        if host.role == .master { files.append(try kubeadm.join(of: host, by: .token)) }
        return files.map { file in
            Step(id: "write \(file.path)", title: "write \(file.path)", action: .write(file))
        }
    }

    /// The name may point at this master only once its own API server answers.
    private func ownServerStep(_ host: Host) -> Step {
        let server = "https://\(host.address.bracketed):\(spec.endpoint.serverPort)"
        return Step(
            id: "own-api-server", title: "wait for its own API server",
            action: .await(
                spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig, server: server), deadline: .seconds(240)),
            readOnly: true)
    }
}
