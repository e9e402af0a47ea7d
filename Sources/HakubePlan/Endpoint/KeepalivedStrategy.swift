// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// keepalived on the masters: the address goes to one whose API server and kubelet are well. Nothing balances.
struct KeepalivedStrategy: EndpointStrategy {
    let input: PlanInput
    let floating: FloatingAddress

    func standing(on master: Host) throws -> [Step] {
        let pod = try KeepalivedPod(input: input, floating: floating, checkedPort: input.spec.endpoint.serverPort)
        return try pod.steps(on: master) + [input.addressAnswers(floating, on: master)]
    }

    func reachable(from host: Host) -> Step {
        input.reachableStep(kubeconfig: HostPath.kubeletKubeconfig, through: "at \(floating.address)")
    }
}

/// keepalived as a static pod of one master, alone or in front of a balancer.
struct KeepalivedPod {
    let input: PlanInput
    let floating: FloatingAddress
    /// Where something on this machine has to answer for the API server.
    let checkedPort: Int
    var isBalanced = false
    var renderer = TemplateRenderer()

    static let name = "keepalived"
    static let folder = "\(HostPath.configuration)/keepalived"

    /// Masters begin at this priority and count downwards. Two priorities never differ by as much as a failed check takes
    /// away, so a master whose check fails loses against every other that is well.
    private static let highest = 200, weight = 100

    init(input: PlanInput, floating: FloatingAddress, checkedPort: Int, isBalanced: Bool = false) throws {
        self.input = input
        self.floating = floating
        self.checkedPort = checkedPort
        self.isBalanced = isBalanced
    }

    func steps(on host: Host) throws -> [Step] {
        let masters = input.spec.masters
        let place = masters.firstIndex { $0.id == host.id } ?? 0
        let others = masters.filter { $0.id != host.id }
        let peers = others.map(\.address.description)
        let asked = others.map { " --peer \($0.address.bracketed):\(input.spec.endpoint.serverPort)" }.joined()
        let local = "127.0.0.1"
        let context: [String: Any] = [
            "nodeName": input.nodeName(of: host),
            "balanced": isBalanced,
            "check":
                "\(HostPath.guardian) check --https \(local):\(checkedPort)\(input.spec.kubernetes.readinessPath)"
                + " --http \(local):10248/healthz\(asked) --timeout 1200",
            "weight": Self.weight,
            "interface": input.interface(for: floating, on: host),
            "virtualRouterID": floating.virtualRouterID,
            "priority": max(Self.highest - place, Self.weight + 1),
            "address": host.address.description,
            "hasPeers": !peers.isEmpty,
            "peers": peers,
            "vipBlock": CIDR(host: floating.address).description,
        ]
        let manifest = try renderer.render(
            .keepalivedPod, ["image": input.image(.keepalived), "folder": Self.folder, "program": HostPath.guardian])
        let pod = ConfiguredPod(
            name: Self.name,
            configuration: RemoteFile(
                path: "\(Self.folder)/keepalived.conf", text: try renderer.render(.keepalivedConfiguration, context)),
            manifest: input.knowsImages
                ? RemoteFile(path: "\(HostPath.manifests)/\(Self.name).yaml", text: manifest) : nil,
            signal: "SIGHUP")
        return [numberStep(on: host, peers)] + pod.steps
    }

    /// Before the first advert, since two groups with one number would take the address from each other.
    private func numberStep(on host: Host, _ peers: [String]) -> Step {
        let own = ([host.address.description] + peers).map { " --own \($0)" }.joined()
        return Step(
            id: "\(Self.name)-number", title: "nobody else uses the virtual router ID \(floating.virtualRouterID)",
            action: .run(
                Script(
                    """
                    \(HostPath.guardian) routers --router-id \(floating.virtualRouterID) \\
                        --interface \(Script.quoted(input.interface(for: floating, on: host)))\(own) >&2 || {
                        # 2: the guardian of an older bundle cannot tell.
                        [ $? != 2 ] || exit 0
                        echo 'choose another number with endpoint.virtualRouterID' >&2
                        exit 1
                    }
                    """)),
            unless: Script("[ -e \(Self.folder)/keepalived.conf ]"))
    }
}
