// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

extension Planner {
    /// The endpoint of a cluster that stands goes over to another strategy: the input's specification has the new one.
    ///
    /// Names come first, then what masters run for it, then the workers one at a time, and what served before goes last: at every
    /// moment each host has a way that works. What is there of any other strategy goes, so that a switch that was cut off
    /// can be finished, or gone back on, by the same means.
    ///
    /// - Throws: `TemplateError`.
    package func switching() throws -> Plan {
        let lead = state.lead
        let change = EndpointChange(input: input, lead: lead)
        return plan([
            pushPhase(),
            together("images", "Load what the strategy runs", imageLanes()),
            together(
                "names", "Make the names known",
                [Lane(host: lead.id, steps: certificateNamesStep)]),
            try certificatePhase(),
            Phase(
                id: "masters", title: "Let the masters serve the new way", order: .oneByOne,
                lanes: try masters.map { Lane(host: $0.id, steps: try firewallSteps($0) + masterSwitch($0)) }),
            together("announce", "Tell the cluster", [Lane(host: lead.id, steps: change.announcement)]),
            Phase(
                id: "clients-masters", title: "Turn the masters' own clients", order: .oneByOne,
                lanes: masters.map { Lane(host: $0.id, steps: change.clientSteps(on: $0)) }),
            Phase(
                id: "clients-workers", title: "Turn the workers", order: .oneByOne,
                lanes: try nodes.map { Lane(host: $0.id, steps: try workerSwitch($0, change)) }),
            Phase(
                id: "leave", title: "End what served before", order: .oneByOne,
                lanes: masters.map { Lane(host: $0.id, steps: change.removal(on: $0)) }.filter { !$0.steps.isEmpty }),
            try recordPhase(on: lead),
            verifyPhase(),
        ])
    }

    private func imageLanes() -> [Lane] {
        (masters + nodes).map { host in
            let bundle = BundleSteps(input.bundle, HostKind(role: host.role, arch: input.architecture(of: host)))
            return Lane(host: host.id, steps: [bundle.install, bundle.load, StageFolder.sweep])
        }
    }

    private func masterSwitch(_ host: Host) throws -> [Step] {
        try ownNameSteps(host) + strategy.front(on: host) + strategy.standing(on: host)
    }

    private func workerSwitch(_ host: Host, _ change: EndpointChange) throws -> [Step] {
        try strategy.lasting(host, afterJoin: false) + change.leadSteps(on: host) + ownNameSteps(host)
            + change.clientSteps(on: host) + [strategy.reachable(from: host)] + change.guardianRemoval
    }
}

/// What a change of the endpoint means for those who use it.
private struct EndpointChange {
    let input: PlanInput
    let lead: Host

    private var endpoint: Endpoint { input.spec.endpoint }
    private var server: String { "https://\(endpoint.authority)" }
    private var kubectl: String { "kubectl --kubeconfig \(HostPath.adminKubeconfig)" }

    /// What kubeadm remembers, what hosts that join ask for, and what kube-proxy is told.
    var announcement: [Step] {
        var steps: [Step] = []
        if let text = input.facts(of: lead).clusterConfiguration,
            let patch = ClusterConfigurationPatch(text, adding: input.spec.apiServerNames, endpoint: endpoint.authority)
        {
            steps.append(
                Step(
                    id: "control-plane-endpoint", title: "tell kubeadm of \(endpoint.authority)",
                    action: .run(ConfigMapChange.kubeadm(kubectl, patch.json)),
                    unless: Script(
                        """
                        said=$(\(kubectl) -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}')
                        printf '%s\\n' "$said" | grep -qxE 'controlPlaneEndpoint: "?\(endpoint.authority)"?'
                        """)))
        }
        return steps + [
            rewriting("cluster-info", in: "kube-public", key: "kubeconfig", "hosts that join"),
            rewriting("kube-proxy", in: "kube-system", key: "kubeconfig\\.conf", "kube-proxy"),
        ]
    }

    /// A kubeconfig within a ConfigMap: its one line that names the server.
    private func rewriting(_ name: String, in namespace: String, key: String, _ who: String) -> Step {
        let map = "\(kubectl) -n \(namespace) get configmap \(name)"
        return Step(
            id: "server \(name)", title: "tell \(who) of \(endpoint.authority)",
            action: .run(
                Script(
                    """
                    \(map) -o json | sed -E 's|(server: )https://[^\\\\"]*|\\1\(server)|' | \(kubectl) replace -f - >&2
                    """)),
            unless: Script(
                """
                said=$(\(map) -o 'jsonpath={.data.\(key)}')
                printf '%s\\n' "$said" | grep -qxE ' *server: \(server)'
                """))
    }

    /// The new way works from a worker before anything there is turned to it. A guardian's own start has proved it already.
    func leadSteps(on host: Host) -> [Step] {
        guard endpoint.guardian == nil else { return [] }
        let way = endpoint.vip.map { "\($0.bracketed):\(endpoint.port)" } ?? endpoint.authority
        return [input.leadStep(way, kubeconfig: HostPath.kubeletKubeconfig)]
    }

    /// The host's kubeconfigs, its kube-proxy, and hakube's lines where there shall be none.
    func clientSteps(on host: Host) -> [Step] {
        var steps: [Step] = []
        if host.role == .master {
            steps += ["admin.conf", "super-admin.conf"].map { kubeconfigStep("/etc/kubernetes/\($0)", host) }
        }
        steps += [kubeconfigStep(HostPath.kubeletKubeconfig, host), proxyStep(host)]
        if endpoint.meaning(on: host) == nil {
            let block = ManagedBlock(path: HostPath.hosts, name: input.spec.name, lines: [])
            steps.append(
                Step(
                    id: "hosts", title: "take hakube's lines out of \(HostPath.hosts)", action: .block(block)))
        }
        return steps
    }

    /// A kubeconfig that names this very host stays: kubelets of masters do from 1.33 on.
    private func kubeconfigStep(_ path: String, _ host: Host) -> Step {
        let restart = path == HostPath.kubeletKubeconfig ? "\nsystemctl restart kubelet" : ""
        let own = "https://\(host.address.bracketed):\(endpoint.serverPort)"
        return Step(
            id: "server \(path)", title: "\(path) names \(endpoint.authority)",
            action: .run(
                Script(
                    """
                    cp -p \(path) \(path).hakube-new
                    sed -i -E 's|^( *server: )https://.*|\\1\(server)|' \(path).hakube-new
                    sync -f \(path).hakube-new 2>/dev/null || sync
                    mv \(path).hakube-new \(path)\(restart)
                    """)),
            unless: Script(
                """
                [ -f \(path) ] || exit 0
                case $(sed -n 's/^ *server: *//p' \(path) | sort -u) in \(server) | \(own)) ;; *) exit 1 ;; esac
                """))
    }

    /// A pod on the host's network has the /etc/hosts of the moment when its container was made, and kube-proxy asks for its
    /// server by the endpoint's name. The kubelet may end the pods of its own node; their set makes new ones.
    private func proxyStep(_ host: Host) -> Step {
        let kubelet = "kubectl --kubeconfig \(HostPath.kubeletKubeconfig)"
        let meaning = endpoint.meaning(on: host).map {
            "grep -qxF \(Script.quoted("\($0) \(endpoint.name)")) \"$pod/etc-hosts\""
        }
        let current = """
            current() {
                for pod in /var/lib/kubelet/pods/*; do
                    [ -d "$pod/containers/kube-proxy" ] || continue
                    \(meaning ?? "! grep -qw \(Script.quoted(input.spec.endpoint.name)) \"$pod/etc-hosts\"") || return 1
                    grep -qxE ' *server: \(server)' "$pod/volumes/kubernetes.io~configmap/kube-proxy/kubeconfig.conf" || return 1
                done
            }
            """
        return Step(
            id: "kube-proxy", title: "kube-proxy takes up what the name means now",
            action: .run(
                Script(
                    """
                    \(current)
                    \(kubelet) -n kube-system delete pod -l k8s-app=kube-proxy \\
                        --field-selector spec.nodeName=\(Script.quoted(input.nodeName(of: host))) >&2
                    tries=0
                    until current && ls -d /var/lib/kubelet/pods/*/containers/kube-proxy >/dev/null 2>&1; do
                        tries=$((tries + 1))
                        [ $tries -lt 120 ] || { echo 'no new kube-proxy has started for a minute' >&2; exit 1; }
                        sleep 0.5
                    done
                    """, timeout: .seconds(180))),
            unless: Script("\(current)\ncurrent"))
    }

    /// What masters run for other strategies than this.
    func removal(on host: Host) -> [Step] {
        let kept = Set(endpoint.kind.images)
        let pods: [(StrategyImage, String, String?)] = [
            (.keepalived, KeepalivedPod.name, KeepalivedPod.folder),
            (.haproxy, HAProxyStrategy.name, HAProxyStrategy.folder), (.kubeVIP, KubeVIPStrategy.name, nil),
        ]
        return pods.filter { !kept.contains($0.0) }.map { ConfiguredPod.removal($0.1, folder: $0.2) }
    }

    /// The guardian of a worker that has another way now.
    var guardianRemoval: [Step] {
        get throws {
            guard endpoint.guardian == nil else { return [] }
            let ending = try TemplateRenderer().render(.receiptStopGuardian, [:])
            let files = [
                HostPath.guardianConfiguration, HostPath.guardianUnit, HostPath.guardianStarted, HostPath.guardianPod,
            ]
            return [
                Step(
                    id: "guardian-gone", title: "end the guardian, its rules and its route",
                    action: .run(
                        Script(
                            """
                            \(ending)
                            act
                            rm -f \(files.joined(separator: " "))
                            systemctl daemon-reload
                            """)),
                    unless: Script(files.map { "[ ! -e \($0) ]" }.joined(separator: "\n")))
            ]
        }
    }
}

/// Changes of a ConfigMap by a merge patch.
enum ConfigMapChange {
    static func kubeadm(_ kubectl: String, _ patch: String) -> Script {
        Script(
            """
            \(kubectl) -n kube-system patch configmap kubeadm-config --type merge --patch "$(cat <<'PATCH'
            \(patch)
            PATCH
            )" >&2
            """)
    }
}
