// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// How the endpoint stays available: what it asks of each host. One file a strategy.
protocol EndpointStrategy: Sendable {
    /// What has to lie on the first master before `kubeadm init`.
    func beforeInit(_ host: Host) throws -> [Step]
    /// `kubeadm init` as it runs within its job, what a run that was cut off left there being cleared already.
    func initialisation(_ command: String, on host: Host) -> String
    /// What has to serve on a master before the endpoint's name may mean that master itself.
    ///
    /// The same steps tell a master of long standing which masters there are now.
    func front(on master: Host) throws -> [Step]
    /// What a master runs besides, once the name means itself.
    func standing(on master: Host) throws -> [Step]
    /// Makes the endpoint reachable from a worker that has no kubelet yet.
    func beforeJoin(_ host: Host) throws -> [Step]
    /// The form that stays, survives a reboot and needs nobody to look after it.
    ///
    /// - Parameter afterJoin: `beforeJoin` has its place in the same plan.
    func lasting(_ host: Host, afterJoin: Bool) throws -> [Step]
    /// Tells a worker that is a member already which masters there are now.
    func lists(_ host: Host) throws -> [Step]
    /// Proves that a worker reaches the endpoint by the way its kubelet goes.
    func reachable(from host: Host) -> Step
}

/// Strategies differ in where they act; most hosts have nothing to do.
extension EndpointStrategy {
    func beforeInit(_ host: Host) throws -> [Step] { [] }
    func initialisation(_ command: String, on host: Host) -> String { command }
    func front(on master: Host) throws -> [Step] { [] }
    func standing(on master: Host) throws -> [Step] { [] }
    func beforeJoin(_ host: Host) throws -> [Step] { [] }
    func lasting(_ host: Host, afterJoin: Bool) throws -> [Step] { [] }
    func lists(_ host: Host) throws -> [Step] { [] }
}

extension PlanInput {
    var strategy: any EndpointStrategy {
        switch spec.endpoint.strategy {
        case .guardian(let vip, let mode): GuardianStrategy(input: self, vip: vip, mode: mode)
        case .kubeVIP(let address, let announcement):
            KubeVIPStrategy(input: self, floating: address, announcement: announcement)
        case .keepalived(let address): KeepalivedStrategy(input: self, floating: address)
        case .haproxyKeepalived(let address): HAProxyStrategy(input: self, floating: address)
        case .external: ExternalStrategy(input: self)
        }
    }

    /// The interface that gets the floating address: the inventory's, else the one with the host's own address.
    func interface(for floating: FloatingAddress, on host: Host) -> String {
        floating.interface ?? facts(of: host).interfaces.first { $0.address == host.address }?.name ?? "eth0"
    }

    /// Whether manifests of pods can be written: where members leave there is no bundle to tell images' names, and what stands goes
    /// on as it is.
    var knowsImages: Bool { bundle != nil || newcomers == nil }

    /// The full name of an image of the bundle; its plain name where there is no bundle, or none in it, which preflight refuses.
    func image(_ image: StrategyImage) -> String {
        bundle.flatMap { image.name(in: $0.manifest) } ?? image.lastPart
    }

    /// A request through the endpoint, by its name.
    func reachableStep(kubeconfig: String, through words: String) -> Step {
        Step(
            id: "endpoint", title: "the endpoint answers \(words)",
            action: .await(spec.readinessQuestion(kubeconfig: kubeconfig), deadline: .seconds(120)), readOnly: true)
    }

    /// A request to where the endpoint shall lead, before anybody's kubeconfig says so.
    ///
    /// - Parameter way: HOST:PORT.
    func leadStep(_ way: String, kubeconfig: String) -> Step {
        Step(
            id: "endpoint-leads", title: "\(way) leads to an API server",
            action: .await(
                spec.readinessQuestion(kubeconfig: kubeconfig, server: "https://\(way)"), deadline: .seconds(60)),
            readOnly: true)
    }

    /// A request to the floating address, whichever master has it.
    func addressAnswers(_ floating: FloatingAddress, on host: Host) -> Step {
        let server = "https://\(floating.address.bracketed):\(spec.endpoint.port)"
        return Step(
            id: "vip", title: "wait until \(floating.address) answers",
            action: .await(
                spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig, server: server), deadline: .seconds(180)),
            readOnly: true)
    }
}
