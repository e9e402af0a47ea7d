// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    /// A cluster in which nothing is wrong.
    static let cluster = """
        apiVersion: kubeadm.k8s.io/v1beta4
        kind: ClusterConfiguration
        kubernetesVersion: v1.34.2
        controlPlaneEndpoint: apiserver.cluster.local:6443
        networking:
          podSubnet: 10.244.0.0/16
          serviceSubnet: 10.96.0.0/12

        """

    /// The first master, at 10.0.0.1.
    static let first = """
        apiVersion: kubeadm.k8s.io/v1beta4
        kind: InitConfiguration
        localAPIEndpoint:
          advertiseAddress: 10.0.0.1
        nodeRegistration:
          name: master1

        """

    static func joining(_ name: String, _ address: String) -> String {
        """
        apiVersion: kubeadm.k8s.io/v1beta4
        kind: JoinConfiguration
        controlPlane:
          localAPIEndpoint:
            advertiseAddress: \(address)
        nodeRegistration:
          name: \(name)

        """
    }

    static let fileCases = [
        RuleCase(
            .fileNotRecognised, at: "notes.txt:1", ["notes.txt": "The hosts are in the cellar.\n"],
            mending: ("The hosts are in the cellar.", "10.0.0.1 master1")),
        RuleCase(
            .yamlBroken, at: "a.yaml:5",
            ["a.yaml": cluster.replacing("controlPlaneEndpoint:", with: "controlPlaneEndpoint: [")],
            mending: ("controlPlaneEndpoint: [ apiserver", "controlPlaneEndpoint: apiserver")),
        RuleCase(
            .yamlBroken, at: "a.yaml:1", ["a.yaml": cluster + bomb(7)], mending: (bomb(7), "")),
        RuleCase(
            .yamlKeyTwice, at: "a.yaml:3", ["a.yaml": cluster + "\"kubernetesVersion\": v1.34.3\n"],
            mending: ("\"kubernetesVersion\": v1.34.3\n", "")),
        RuleCase(
            .yamlKeyTwice, at: "a.yaml:3", ["a.yaml": cluster + "kubernetesVersion: v1.34.3\n"],
            mending: ("kubernetesVersion: v1.34.3\n", "")),
    ]

    /// Aliases of aliases: each level is ten times as much as the one before.
    private static func bomb(_ levels: Int) -> String {
        let lines = (1...levels).map { level in
            "  a\(level): &a\(level) [\(Array(repeating: level == 1 ? "x" : "*a\(level - 1)", count: 10).joined(separator: ","))]\n"
        }
        return "featureGates:\n" + lines.joined()
    }

    static let kubeadmCases = [
        RuleCase(
            .kubeadmAPIVersion, at: "a.yaml:1", ["a.yaml": cluster.replacing("v1beta4", with: "v1beta2")],
            mending: ("v1beta2", "v1beta4")),
        RuleCase(
            .kubeadmAPIVersion, at: "a.yaml:1", as: .warning, ["a.yaml": cluster.replacing("v1beta4", with: "v1beta3")],
            mending: ("v1beta3", "v1beta4")),
        RuleCase(
            .kubeadmAPIVersion, at: "a.yaml:1", ["a.yaml": cluster.replacing("v1.34.2", with: "v1.30.1")],
            mending: ("v1beta4", "v1beta3")),
        RuleCase(
            .kubeadmUnknownKind, at: "a.yaml:2",
            ["a.yaml": cluster.replacing("kind: ClusterConfiguration", with: "kind: ClusterConfig")],
            mending: ("ClusterConfig\n", "ClusterConfiguration\n")),
        RuleCase(
            .kubeadmKindTwice, at: "a.yaml:10", ["a.yaml": cluster + "---\n" + cluster],
            mending: ("---\n" + cluster, "")),
        RuleCase(
            .kubeadmUnknownField, at: "a.yaml:6", ["a.yaml": cluster.replacing("podSubnet", with: "podSubnets")],
            mending: ("podSubnets", "podSubnet")),
        RuleCase(
            .kubeadmUnknownField, at: "a.yaml:11",
            [
                "a.yaml": cluster.replacing("v1.34.2", with: "v1.28.0").replacing("v1beta4", with: "v1beta3") + """
                    ---
                    apiVersion: kubelet.config.k8s.io/v1beta1
                    kind: KubeletConfiguration
                    imageMaximumGCAge: 24h

                    """
            ], mending: ("imageMaximumGCAge: 24h", "imageMinimumGCAge: 24h")),
        RuleCase(
            .kubeadmUnknownField, at: "a.yaml:9",
            ["a.yaml": cluster + "apiServer: &own\n  certSANs: []\nscheduler:\n  <<: [*own]\n"],
            mending: ("certSANs:", "extraArgs:")),
        RuleCase(
            .kubeadmWrongForm, at: "a.yaml:10",
            ["a.yaml": cluster + "apiServer:\n  extraArgs:\n    v: \"4\"\n"],
            mending: ("    v: \"4\"\n", "    - name: v\n      value: \"4\"\n")),
        RuleCase(
            .kubeadmWrongForm, at: "a.yaml:10",
            [
                "a.yaml": cluster.replacing("v1.34.2", with: "v1.28.0").replacing("v1beta4", with: "v1beta3")
                    + "apiServer:\n  extraArgs:\n    - name: v\n      value: \"4\"\n"
            ], mending: ("    - name: v\n      value: \"4\"\n", "    v: \"4\"\n")),
        RuleCase(
            .criSocketDockershim, at: "a.yaml:7", ["a.yaml": first + "  criSocket: /var/run/dockershim.sock\n"],
            mending: ("/var/run/dockershim.sock", "unix:///run/containerd/containerd.sock")),
        RuleCase(
            .criSocketDockershim, at: "a.yaml:7", as: .warning,
            [
                "a.yaml": first.replacing("v1beta4", with: "v1beta3") + "  criSocket: /var/run/dockershim.sock\n",
                "b.yaml": cluster.replacing("v1.34.2", with: "v1.23.0").replacing("v1beta4", with: "v1beta3"),
            ], mending: ("/var/run/dockershim.sock", "/run/containerd/containerd.sock")),
        RuleCase(
            .taintByRelease, at: "b.yaml:8",
            [
                "a.yaml": cluster,
                "b.yaml": first + "  taints:\n    - key: node-role.kubernetes.io/master\n      effect: NoSchedule\n",
            ], mending: ("node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane")),
        RuleCase(
            .taintByRelease, at: "b.sh:1",
            ["a.yaml": cluster, "b.sh": "kubectl taint nodes --all node-role.kubernetes.io/master-\n"],
            mending: ("kubernetes.io/master-", "kubernetes.io/control-plane-")),
        RuleCase(
            .staticPodFolder, at: "a.yaml:3",
            [
                "a.yaml": """
                apiVersion: kubelet.config.k8s.io/v1beta1
                kind: KubeletConfiguration
                staticPodPath: /etc/kubelet.d

                """
            ], mending: ("/etc/kubelet.d", "/etc/kubernetes/manifests/")),
        RuleCase(
            .staticPodFolder, at: "b.sh:1",
            [
                "a.yaml": """
                apiVersion: kubelet.config.k8s.io/v1beta1
                kind: KubeletConfiguration
                staticPodPath: /etc/kubernetes/manifests

                """,
                "b.sh": "kube-vip manifest pod | tee /etc/kubernetes/manifest/kube-vip.yaml\necho done\n",
            ], mending: ("/manifest/", "/manifests/")),
        RuleCase(
            .etcdEven, at: "a.yaml:10",
            [
                "a.yaml": cluster
                    + "etcd:\n  external:\n    endpoints: [\"https://10.0.0.7:2379\", \"https://10.0.0.8:2379\"]\n"
            ], mending: ("8:2379\"]", "8:2379\", \"https://10.0.0.9:2379\"]")),
    ]
}
