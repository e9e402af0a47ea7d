// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// Looks at the cluster as its users will, from every host.
    func verifyPhase() -> Phase {
        let admin = "kubectl --kubeconfig \(HostPath.adminKubeconfig) --request-timeout 5s"
        let names = newcomers.filter { $0.role != .etcd }.map { Script.quoted("node/" + input.nodeName(of: $0)) }
            .joined(separator: " ")
        let ready = Step(
            id: "nodes-ready", title: "all nodes are Ready",
            action: .await(
                Script("\(admin) wait --for=condition=Ready --timeout=10s \(names)"), deadline: .seconds(300)),
            readOnly: true)
        // The same everywhere: made once.
        let service = serviceStep
        let ofNodes = nodes.first.map { [strategy.reachable(from: $0), service] } ?? []
        // Where an inventory names members only, or hosts of etcd, nobody is waited for, and kubectl would complain.
        let waits = names.isEmpty ? [] : [ready]
        var lanes = [Lane(host: state.lead.id, steps: waits + [kubeconfigStep(state.lead), service])]
        lanes += masters.filter { $0.id != state.lead.id }.map { Lane(host: $0.id, steps: [service]) }
        lanes += nodes.map { Lane(host: $0.id, steps: ofNodes) }
        // Who joins is no worse off for a member that was ill before.
        lanes += etcdHosts.filter { input.isNewcomer($0) }.map { Lane(host: $0.id, steps: [healthStep($0)]) }
        return together("verify", "Verify the cluster", lanes)
    }

    /// The admin's kubeconfig names the endpoint, which means nothing on the operator's machine.
    func kubeconfigStep(_ lead: Host) -> Step {
        Step(
            id: "kubeconfig", title: "bring the kubeconfig home",
            action: .fetch(
                path: HostPath.adminKubeconfig, name: "kubeconfig",
                server: "https://\(spec.endpoint.outside(through: lead))"))
    }

    /// The first service address is the API server's own, by kube-proxy's rules on this very host.
    ///
    /// Before these rules stand, the question would leave the host for an address that nobody has.
    private var serviceStep: Step {
        let address = spec.serviceSubnets[0].firstHost
        let question = spec.readinessQuestion(
            kubeconfig: HostPath.kubeletKubeconfig, server: "https://\(address.bracketed):443")
        return Step(
            id: "service", title: "service addresses work here",
            action: .await(
                Script(
                    """
                    translated() {
                        { iptables-save -t nat; ip6tables-save -t nat; nft list ruleset; ip addr show dev kube-ipvs0; } \
                            2>/dev/null | grep -qwF \(Script.quoted(address.description))
                    }
                    # Where something else than kube-proxy translates no rules are seen, so in the end the question is asked.
                    translated || [ $(($(date +%s) - $(stat -c %Y \(HostPath.kubeletKubeconfig)))) -gt 120 ]
                    \(question.text)
                    """), deadline: .seconds(240)),
            readOnly: true)
    }
}

extension CIDR {
    /// The address after the base: Kubernetes gives it to the service named `kubernetes`.
    fileprivate var firstHost: IPAddress { IPAddress(family: base.family, value: base.value + 1) }
}
