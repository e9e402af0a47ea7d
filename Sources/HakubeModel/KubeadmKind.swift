// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The kinds of document that go into kubeadm's configuration.
package enum KubeadmKind: String, Sendable, Hashable, CaseIterable {
    case cluster = "ClusterConfiguration"
    case initialise = "InitConfiguration"
    case join = "JoinConfiguration"
    case kubelet = "KubeletConfiguration"
    case proxy = "KubeProxyConfiguration"

    /// The version that hakube writes for a release.
    package func apiVersion(_ kubernetes: KubernetesVersion) -> String {
        switch self {
        case .kubelet: return "kubelet.config.k8s.io/v1beta1"
        case .proxy: return "kubeproxy.config.k8s.io/v1alpha1"
        case .cluster, .initialise, .join:
            if kubernetes.isAtLeast(1, 31) { return "kubeadm.k8s.io/v1beta4" }
            return kubernetes.isAtLeast(1, 22) ? "kubeadm.k8s.io/v1beta3" : "kubeadm.k8s.io/v1beta2"
        }
    }

    /// Keys whose value follows from the rest of the inventory, and what to do instead. A value of the user's own
    /// would contradict what is written on the hosts.
    var owned: [(path: String, instead: String)] {
        switch self {
        case .cluster:
            [
                ("kubernetesVersion", "set `kubernetes`"), ("controlPlaneEndpoint", "set `endpoint`"),
                ("clusterName", "set `cluster`"), ("imageRepository", "set `imageRepository`"),
                ("networking.podSubnet", "set `network.podSubnet`"),
                ("networking.serviceSubnet", "set `network.serviceSubnet`"),
                ("networking.dnsDomain", "set `network.dnsDomain`"),
                ("certificatesDir", "leave it at /etc/kubernetes/pki"), ("etcd.external", "set `etcd`"),
            ]
        case .initialise:
            Self.registration + [
                ("bootstrapTokens", "leave it out, each run makes its own token"),
                ("certificateKey", "leave it out, each run makes its own key"),
                ("localAPIEndpoint", "set the host's `internalAddress` and `endpoint.port`"),
            ]
        case .join:
            Self.registration + [
                ("discovery", "leave it out, hakube hands discovery over by file"),
                ("controlPlane", "leave it out, it follows from `masters` and `nodes`"),
            ]
        case .kubelet:
            [
                ("staticPodPath", "leave it at /etc/kubernetes/manifests"),
                ("clusterDomain", "set `network.dnsDomain`"),
                ("containerRuntimeEndpoint", "leave it out, hakube installs containerd"),
            ]
        case .proxy:
            [
                ("mode", "set `network.proxyMode`"), ("clusterCIDR", "set `network.podSubnet`"),
                ("hostnameOverride", "set the `name` of each host"),
            ]
        }
    }

    /// What a program in Go takes for false as a flag's value (strconv.ParseBool).
    package static func isFalse(_ text: String) -> Bool { ["0", "f", "F", "false", "FALSE", "False"].contains(text) }

    private static let registration = [
        (path: "nodeRegistration.name", instead: "set the `name` of each host"),
        (path: "nodeRegistration.taints", instead: "set the `taints` of each host"),
        (path: "nodeRegistration.criSocket", instead: "leave it out, hakube installs containerd"),
        (path: "nodeRegistration.kubeletExtraArgs.node-ip", instead: "set the `internalAddress` of each host"),
        (path: "nodeRegistration.kubeletExtraArgs.hostname-override", instead: "set the `name` of each host"),
        (path: "dryRun", instead: "use `hakube plan`"),
    ]
}
