// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel
import HakubeTemplates

/// haproxy on every master balances over all API servers, and keepalived moves an address between the haproxies.
struct HAProxyStrategy: EndpointStrategy {
    let input: PlanInput
    let floating: FloatingAddress
    var renderer = TemplateRenderer()

    static let name = "haproxy"
    static let folder = "\(HostPath.configuration)/haproxy"
    private static let manifest = "\(HostPath.manifests)/\(name).yaml"
    /// Where the manifest waits for the manifests' folder to be made.
    private static let waiting = "\(folder)/pod.yaml"

    /// kubeadm and the kubelet reach even the first API server through the endpoint's port, so it is there from the start.
    func beforeInit(_ host: Host) throws -> [Step] {
        let file = RemoteFile(path: Self.waiting, text: try manifestText())
        return [
            try pod().configurationStep,
            Step(id: "haproxy-waiting", title: "write \(file.path)", action: .write(file)),
        ]
    }

    func initialisation(_ command: String, on host: Host) -> String {
        """
        # The kubelet starts it as soon as it has started itself.
        mkdir -p \(HostPath.manifests)
        cp \(Self.waiting) \(Self.manifest)
        \(command)
        """
    }

    func front(on master: Host) throws -> [Step] {
        let endpoint = input.spec.endpoint
        let server = "https://\(master.address.bracketed):\(endpoint.port)"
        return try pod().steps + [
            Step(
                id: "own-haproxy", title: "wait for its own haproxy",
                action: .await(
                    input.spec.readinessQuestion(kubeconfig: HostPath.adminKubeconfig, server: server),
                    deadline: .seconds(180)),
                readOnly: true)
        ]
    }

    func standing(on master: Host) throws -> [Step] {
        let pod = try KeepalivedPod(
            input: input, floating: floating, checkedPort: input.spec.endpoint.port, isBalanced: true)
        return try pod.steps(on: master) + [input.addressAnswers(floating, on: master)]
    }

    func reachable(from host: Host) -> Step {
        input.reachableStep(kubeconfig: HostPath.kubeletKubeconfig, through: "at \(floating.address) through haproxy")
    }

    private func pod() throws -> ConfiguredPod {
        ConfiguredPod(
            name: Self.name,
            configuration: RemoteFile(
                path: "\(Self.folder)/haproxy.cfg", text: try HAProxyConfiguration(onMastersOf: input.spec).text),
            manifest: input.knowsImages ? RemoteFile(path: Self.manifest, text: try manifestText()) : nil,
            signal: "SIGUSR2")
    }

    private func manifestText() throws -> String {
        try renderer.render(
            .haproxyPod,
            [
                "image": input.image(.haproxy), "folder": Self.folder, "port": input.spec.endpoint.port,
                "probeAddress": floating.address.family == .v4 ? "127.0.0.1" : "::1",
            ])
    }
}

/// haproxy in front of all API servers, on masters or on somebody's own machine.
package struct HAProxyConfiguration {
    private let spec: ClusterSpec
    private let isOutside: Bool

    init(onMastersOf spec: ClusterSpec) {
        self.spec = spec
        isOutside = false
    }

    /// For a machine outside of the cluster that an external endpoint leads to.
    package init(outside spec: ClusterSpec) {
        self.spec = spec
        isOutside = true
    }

    /// - Throws: `TemplateError`.
    package var text: String {
        get throws {
            let endpoint = spec.endpoint
            let isV4 = spec.masters[0].address.family == .v4
            let context: [String: Any] = [
                "outside": isOutside,
                "bindings": [isV4 ? "*:\(endpoint.port)" : "[::]:\(endpoint.port) v4v6"],
                "readinessPath": spec.kubernetes.readinessPath,
                // Names that stay with their hosts when others come and go: a server's state goes by its name.
                "servers": spec.masters.map {
                    [
                        "name": $0.address.description.replacing(":", with: "-"),
                        "address": "\($0.address.bracketed):\(endpoint.serverPort)",
                    ]
                },
            ]
            return try TemplateRenderer().render(.haproxyConfiguration, context)
        }
    }
}
