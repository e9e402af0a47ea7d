// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

extension Planner {
    /// Lets the cluster through a host's firewall, which stays on: the other hosts and pods as senders, and the ports that
    /// clients outside the cluster use. A host that has none needs nothing.
    ///
    /// Needed on every host when hosts join: each newcomer's address is one that the others let in.
    ///
    /// - Throws: `TemplateError`.
    func firewallSteps(_ host: Host) throws -> [Step] {
        guard let firewall = input.facts(of: host).firewall else { return [] }
        return firewall == .rules ? try ruleSteps(host) : [try managedStep(host, firewall)]
    }

    private func context(_ host: Host) -> [String: Any] {
        // Nobody but API servers and members has to do with etcd.
        let peers = host.role == .etcd ? spec.masters + spec.etcd.hosts : spec.hosts
        let others = peers.filter { $0.id != host.id }.map(\.address.description)
        // A service's node ports are open on purpose of whoever makes it; kubeadm's documentation has them for workers.
        let nodePorts = "30000:32767"
        return [
            "hosts": others.joined(separator: " "),
            "pods": host.role == .etcd ? "" : spec.podSubnets.map(\.description).joined(separator: " "),
            "tcp": host.role == .master ? clientPorts : host.role == .node ? nodePorts : "",
            "udp": host.role == .node ? nodePorts : "",
        ]
    }

    /// Where clients outside of the cluster reach a master.
    private var clientPorts: String {
        spec.endpoint.portsOnMasters.map(String.init).joined(separator: " ")
    }

    private func managedStep(_ host: Host, _ firewall: Firewall) throws -> Step {
        var context = context(host)
        context["firewalld"] = firewall == .firewalld
        let text = try TemplateRenderer().render(.firewallOpen, context)
        return Step(
            id: "firewall", title: "open \(firewall.rawValue) for the cluster", action: .run(Script(text + "act")),
            unless: Script(text + "is_done"))
    }

    private func ruleSteps(_ host: Host) throws -> [Step] {
        let files = [
            RemoteFile(
                path: HostPath.firewallScript, mode: 0o700,
                text: try TemplateRenderer().render(.firewallScript, context(host))),
            RemoteFile(path: HostPath.firewallUnit, text: try TemplateRenderer().render(.firewallService, [:])),
        ]
        let unit = "hakube-firewall.service"
        let digest = "cat \(files.map(\.path).joined(separator: " ")) | sha256sum"
        let started = "\(HostPath.state)/firewall.started"
        let writes = files.map { file in
            Step(id: "write \(file.path)", title: "write \(file.path)", action: .write(file))
        }
        let open = Step(
            id: "firewall", title: "open the packet filter for the cluster",
            action: .run(
                Script(
                    """
                    systemctl daemon-reload
                    systemctl -q enable \(unit)
                    systemctl restart \(unit)
                    sh \(HostPath.firewallScript) check
                    \(digest) > \(started)
                    """)),
            unless: Script(
                """
                systemctl -q is-active \(unit)
                systemctl -q is-enabled \(unit)
                [ "$(\(digest))" = "$(cat \(started))" ]
                sh \(HostPath.firewallScript) check
                """))
        return writes + [open]
    }
}
