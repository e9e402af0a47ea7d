// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// Labels, taints, DNS, service addresses, and the end of the credentials that served to join.
    func settlePhase() throws -> Phase {
        var steps = try markSteps + dnsSteps + poolSteps()
        // The token of this run, which kubeadm init makes by itself, and those that hakube made for joins before.
        let type = "--field-selector type=bootstrap.kubernetes.io/token"
        let tokens = """
            { \(kubectl) -n kube-system get secret \(type) -o name |
                grep -Fx secret/bootstrap-token-\(RuntimeValue.bootstrapTokenID.marker) || :
            \(kubectl) -n kube-system get secret \(type) -l app.kubernetes.io/managed-by=hakube -o name; } | sort -u
            """
        // Where nobody joins in this run, an uploaded key is somebody else's.
        guard state.isNew || !state.joining.isEmpty else {
            steps.append(
                Step(
                    id: "withdraw-tokens", title: "withdraw tokens of runs that were cut off",
                    action: .run(Script("\(tokens) | xargs -r \(kubectl) -n kube-system delete >&2")),
                    unless: Script("left=$(\(tokens))\n[ -z \"$left\" ]")))
            return together("settle", "Settle the cluster", [Lane(host: state.lead.id, steps: steps)])
        }
        steps.append(
            Step(
                id: "withdraw-credentials", title: "withdraw the token and the certificate key",
                action: .run(
                    Script(
                        """
                        # kubeadm makes a token of its own for no other end than to give the key a time to live.
                        owner=$(\(kubectl) -n kube-system get secret kubeadm-certs --ignore-not-found \\
                            -o 'jsonpath={.metadata.ownerReferences[*].name}')
                        \(kubectl) -n kube-system delete secret kubeadm-certs $owner --ignore-not-found >&2
                        \(tokens) | xargs -r \(kubectl) -n kube-system delete >&2
                        """)),
                unless: Script(
                    """
                    certificates=$(\(kubectl) -n kube-system get secret --ignore-not-found -o name kubeadm-certs)
                    left=$(\(tokens))
                    [ -z "$certificates$left" ]
                    """)))
        return together("settle", "Settle the cluster", [Lane(host: state.lead.id, steps: steps)])
    }
}
