// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Somebody else's load balancer or DNS leads to the API servers. hakube asks whether it does, and touches nothing of it.
struct ExternalStrategy: EndpointStrategy {
    let input: PlanInput

    /// Seconds that a balancer may take to notice that an API server has come up.
    private static let patience = 60

    /// `kubeadm init` goes on through the endpoint once the API server is up. A balancer that does not lead there would
    /// show as a timeout after four minutes that names anything but the balancer; so it is watched from that moment on.
    func initialisation(_ command: String, on host: Host) -> String {
        let endpoint = input.spec.endpoint
        let local = "https://\(host.address.bracketed):\(endpoint.serverPort)"
        let own = input.spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig, server: local).text
        let through = input.spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig).text
        return """
            { \(command)
            } &
            making=$!
            since=
            while kill -0 $making 2>/dev/null; do
                sleep 1
                { \(own); } >/dev/null 2>&1 || continue
                [ -n "$since" ] || since=$(date +%s)
                ! { \(through); } >/dev/null 2>&1 || break
                [ $(($(date +%s) - since)) -ge \(Self.patience) ] || continue
                kill $making 2>/dev/null || true
                wait $making || true
                printf '%s\\n' \(Script.quoted(refusal(host, local))) >&2
                exit 1
            done
            wait $making
            """
    }

    private func refusal(_ host: Host, _ local: String) -> String {
        let endpoint = input.spec.endpoint
        return "the API server of \(host.id) answers at \(local), and \(endpoint.authority) has not led to it for "
            + "\(Self.patience) s; let the load balancer or DNS behind that name lead to port \(endpoint.serverPort) of the "
            + "masters, then run the same command again"
    }

    /// Nobody is told of the name before it leads to an API server from here.
    func front(on master: Host) throws -> [Step] {
        [input.leadStep(input.spec.endpoint.authority, kubeconfig: HostPath.adminKubeconfig)]
    }

    func reachable(from host: Host) -> Step {
        input.reachableStep(kubeconfig: HostPath.kubeletKubeconfig, through: "by the name's own way")
    }
}
