// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// kube-vip on the masters: they elect the one that has the address, or announce it by BGP from each.
struct KubeVIPStrategy: EndpointStrategy {
    let input: PlanInput
    let floating: FloatingAddress
    let announcement: Announcement
    var renderer = TemplateRenderer()

    static let name = "kube-vip"
    static let manifest = "\(HostPath.manifests)/\(name).yaml"

    /// After the name means this master itself: its container takes /etc/hosts as it is when it starts.
    func standing(on master: Host) throws -> [Step] {
        guard input.knowsImages else { return [input.addressAnswers(floating, on: master)] }
        let image = input.image(.kubeVIP)
        let release = KubeVIPRelease(imageName: image) ?? .newest
        var context: [String: Any] = [
            "image": image,
            "localAddress": floating.address.family == .v4 ? "127.0.0.1" : "::1",
            "addressVariable": release.addressVariable,
            "prefixVariable": release.prefixVariable,
            "vip": floating.address.description,
            "prefix": floating.address.family.bits,
            "port": input.spec.endpoint.port,
            "interface": input.interface(for: floating, on: master),
            "serves": !input.spec.servicePools.isEmpty,
            "arp": announcement == .arp,
            "bgp": announcement != .arp,
            "address": master.address.description,
            "autonomousSystem": "",
            "peers": "",
            // By the address that is surely in its certificate.
            "readinessURL":
                "https://\(master.address.bracketed):\(input.spec.endpoint.serverPort)\(input.spec.kubernetes.readinessPath)",
        ]
        if case .bgp(let routing) = announcement {
            context["autonomousSystem"] = routing.autonomousSystem
            // ADDRESS:AS:PASSWORD:MULTIHOP
            context["peers"] = routing.peers.map { "\($0.address.bracketed):\($0.autonomousSystem)::false" }
                .joined(separator: ",")
        }
        let file = RemoteFile(path: Self.manifest, text: try renderer.render(.kubeVIPPod, context))
        return [
            Step(id: "kube-vip-pod", title: "kube-vip as a static pod", action: .write(file)),
            input.addressAnswers(floating, on: master),
        ]
    }

    func reachable(from host: Host) -> Step {
        input.reachableStep(kubeconfig: HostPath.kubeletKubeconfig, through: "at \(floating.address)")
    }
}
