// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// The default: `hakube-guardian` on every worker balances the VIP over all masters that answer.
///
/// A guardian that starts takes over from the one that runs, which then ends; so it goes from one form to the other, and
/// connections notice nothing.
struct GuardianStrategy: EndpointStrategy {
    let input: PlanInput
    let vip: IPAddress
    let mode: Endpoint.GuardianMode
    var renderer = TemplateRenderer()

    /// A transient unit, for as long as there is no lasting form.
    static let temporaryUnit = "hakube-guardian-once.service"

    func beforeJoin(_ host: Host) throws -> [Step] {
        switch mode {
        case .pod: [try configurationStep(host), temporaryStep]
        case .systemd: try [configurationStep(host)] + unitSteps(host)
        }
    }

    func lasting(_ host: Host, afterJoin: Bool) throws -> [Step] {
        switch mode {
        case .pod: try [configurationStep(host)] + podSteps(host)
        case .systemd: afterJoin ? [] : try [configurationStep(host)] + unitSteps(host)
        }
    }

    func lists(_ host: Host) throws -> [Step] {
        let wanted = input.spec.masters.map { "\($0.address.bracketed):\(input.spec.endpoint.port)" }
        // It looks at its list five times a second. What balances over no more and no other servers has taken it up.
        let question = """
            said=$({ \(HostPath.guardian) status --output json || true; } | tr -d ' \\n')
            # What comes after is history, and the kernel's table.
            said=${said%%'"transitions"'*}
            [ "$(printf %s "$said" | grep -o '"address":' | wc -l)" -eq \(wanted.count) ]
            for server in \(wanted.map(Script.quoted).joined(separator: " ")); do
                case $said in *'"address":"'"$server"'"'*) ;; *) exit 1 ;; esac
            done
            """
        return [
            try configurationStep(host),
            Step(
                id: "guardian-list", title: "wait until the guardian has the new list",
                action: .await(Script(question), deadline: .seconds(60)), readOnly: true),
        ]
    }

    func reachable(from host: Host) -> Step {
        Step(
            id: "endpoint", title: "the endpoint answers through the guardian",
            action: .await(
                input.spec.readinessQuestion(kubeconfig: HostPath.kubeletKubeconfig), deadline: .seconds(120)),
            readOnly: true)
    }

    /// The wanted list names every master, joined or not: the guardian leaves out those that do not answer.
    private func configurationStep(_ host: Host) throws -> Step {
        let endpoint = input.spec.endpoint
        let context: [String: Any] = [
            "virtual": "\(vip.bracketed):\(endpoint.port)",
            "realServers": input.spec.masters.map { "\($0.address.bracketed):\(endpoint.port)" },
            "nodeAddress": host.address.description,
        ]
        let text = try renderer.render(.guardianConfiguration, context)
        return Step(
            id: "guardian-config", title: "write \(HostPath.guardianConfiguration)",
            action: .write(RemoteFile(path: HostPath.guardianConfiguration, text: text)))
    }

    /// Starts the transient unit and returns when it serves.
    static let startTemporaryUnit = """
        systemctl stop \(temporaryUnit) 2>/dev/null || true
        systemctl reset-failed \(temporaryUnit) 2>/dev/null || true
        systemd-run --quiet --unit=\(temporaryUnit) --collect --service-type=notify \\
            --property=Restart=on-failure --property=RestartSec=1 --property=TimeoutStartSec=120 \\
            --property=LimitNOFILE=1048576 \(HostPath.guardian) --config \(HostPath.guardianConfiguration)
        """
}
