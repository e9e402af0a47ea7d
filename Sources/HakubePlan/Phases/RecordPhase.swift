// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

extension Planner {
    /// The record of the cluster, where any operator finds it: in the cluster, and on each master.
    ///
    /// - Parameter lead: a master that serves and stays.
    func recordPhase(on lead: Host) throws -> Phase {
        let names = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, input.nodeName(of: $0)) })
        let text = try ClusterRecord(spec: spec, nodeNames: names).json()
        let kubectl = "kubectl --kubeconfig \(HostPath.adminKubeconfig) -n kube-system"
        let secret = Step(
            id: "record-secret", title: "keep the cluster's record in the cluster",
            action: .run(
                Script(
                    """
                    {
                        printf 'apiVersion: v1\\nkind: Secret\\nmetadata:\\n  name: \(ClusterRecord.secretName)\\n  namespace: kube-system\\n'
                        printf 'data:\\n  cluster.json: '
                        base64 < \(HostPath.record) | tr -d '\\n'
                    } | \(kubectl) apply -f - >&2
                    """)),
            unless: Script(
                """
                [ "$(\(kubectl) get secret \(ClusterRecord.secretName) -o 'jsonpath={.data.cluster\\.json}' --ignore-not-found |
                    base64 -d | sha256sum)" = "$(sha256sum < \(HostPath.record))" ]
                """))
        let lanes = masters.map { host in
            let file = Step(
                id: "record", title: "write \(HostPath.record)",
                action: .write(RemoteFile(path: HostPath.record, mode: 0o600, text: text)))
            return Lane(host: host.id, steps: host.id == lead.id ? [file, secret] : [file])
        }
        return together("record", "Keep the cluster's record", lanes)
    }
}
