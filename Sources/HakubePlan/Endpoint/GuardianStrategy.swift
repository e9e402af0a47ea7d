// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// The default: `hakube-guardian` on every worker balances the VIP over all masters that answer.
struct GuardianStrategy: EndpointStrategy {
    let input: PlanInput
    var renderer = TemplateRenderer()

    private static let program = "\(HostPath.programs)/hakube-guardian"
    private static let temporaryUnit = "hakube-guardian-once"

    /// Without the way to the API servers a worker's kubelet cannot bootstrap, and without a kubelet no pod can make that
    /// way: a transient unit guards until the pod takes over.
    func beforeJoin(_ host: Host) throws -> [Step] {
        [
            Step(
                id: "guardian-config", title: "write \(HostPath.guardianConfiguration)",
                action: .write(try configuration(host))),
            Step(
                id: "guardian-once", title: "guard the endpoint until the pod can",
                action: .run(
                    Script(
                        """
                        systemctl stop \(Self.temporaryUnit).service 2>/dev/null || true
                        systemctl reset-failed \(Self.temporaryUnit).service 2>/dev/null || true
                        systemd-run --quiet --unit=\(Self.temporaryUnit) --collect --service-type=notify \\
                            --property=Restart=on-failure --property=RestartSec=1 --property=TimeoutStartSec=120 \\
                            --property=LimitNOFILE=1048576 \(Self.program) --config \(HostPath.guardianConfiguration)
                        """, timeout: .seconds(150))),
                unless: Script("\(Self.program) status >/dev/null")),
        ]
    }

    /// A static pod: the kubelet starts it without asking the API server, so it is back after a reboot by itself.
    func lasting(_ host: Host) throws -> [Step] {
        let manifest = try renderer.render(.guardianPod, ["image": image])
        return [
            Step(
                id: "guardian-config", title: "write \(HostPath.guardianConfiguration)",
                action: .write(try configuration(host))),
            Step(
                id: "guardian-pod", title: "guardian as a static pod",
                action: .write(RemoteFile(path: "\(HostPath.manifests)/hakube-guardian.yaml", text: manifest))),
            Step(
                id: "guardian-took-over", title: "wait until the pod guards the endpoint",
                action: .await(
                    Script(
                        """
                        if systemctl -q is-active \(Self.temporaryUnit).service; then exit 1; fi
                        \(Self.program) status
                        """), deadline: .seconds(180)), readOnly: true),
        ]
    }

    func reachable(from host: Host) -> Step {
        Step(
            id: "endpoint", title: "the endpoint answers through the guardian",
            action: .await(
                Script(
                    "kubectl --kubeconfig \(HostPath.kubeletKubeconfig) --request-timeout 5s get --raw \(input.spec.kubernetes.readinessPath)"
                ), deadline: .seconds(120)), readOnly: true)
    }

    /// The wanted list names every master, joined or not: the guardian leaves out those that do not answer.
    private func configuration(_ host: Host) throws -> RemoteFile {
        let endpoint = input.spec.endpoint
        let context: [String: Any] = [
            "virtual": "\(endpoint.vip.bracketed):\(endpoint.port)",
            "realServers": input.spec.masters.map { "\($0.address.bracketed):\(endpoint.port)" },
            "nodeAddress": host.address.description,
        ]
        return RemoteFile(
            path: HostPath.guardianConfiguration, text: try renderer.render(.guardianConfiguration, context))
    }

    private var image: String {
        let name = "hakube.local/guardian"
        return input.bundle?.manifest.images.map(\.name).first { $0.hasPrefix("\(name):") } ?? "\(name):v0.1.0"
    }
}
