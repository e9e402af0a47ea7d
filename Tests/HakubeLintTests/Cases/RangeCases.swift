// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    static let rangeCases = [
        RuleCase(
            .rangeUnreadable, at: "a.yaml:6", ["a.yaml": cluster.replacing("10.244.0.0/16", with: "10.244.0.1/16")],
            mending: ("10.244.0.1/16", "10.244.0.0/16")),
        RuleCase(
            .rangeUnreadable, at: "a.sh:1", ["a.sh": "kubeadm init --pod-network-cidr=10.244.0.0\n"],
            mending: ("10.244.0.0", "10.244.0.0/16")),
        RuleCase(
            .podRangeOverHosts, at: "a.yaml:6",
            ["a.yaml": cluster.replacing("10.244.0.0/16", with: "10.0.0.0/14"), "b.yaml": first],
            mending: ("10.0.0.0/14", "10.244.0.0/16")),
        RuleCase(
            .podRangeOverHosts, at: "a.sh:1",
            ["a.sh": "kubeadm init --pod-network-cidr 192.168.0.0/16\n", "node4/etc/hosts": "192.168.7.4 node4\n"],
            mending: ("192.168.0.0/16", "10.244.0.0/16")),
        // The name may be anybody's.
        RuleCase(
            .podRangeOverHosts, at: "a.sh:1", as: .warning,
            ["a.sh": "kubeadm init --pod-network-cidr 192.168.0.0/16\n", "etc/hosts": "192.168.7.4 registry\n"],
            mending: ("192.168.0.0/16", "10.244.0.0/16")),
        RuleCase(
            .podRangeTakesLAN, at: "a.yaml:6", ["a.yaml": cluster.replacing("10.244.0.0/16", with: "192.168.0.0/16")],
            mending: ("192.168.0.0/16", "10.244.0.0/16")),
        RuleCase(
            .serviceRangeOverHosts, at: "a.yaml:7",
            ["a.yaml": cluster.replacing("10.96.0.0/12", with: "10.0.0.0/12"), "b.yaml": first],
            mending: ("10.0.0.0/12", "10.96.0.0/12")),
        RuleCase(
            .rangesOverlap, at: "a.yaml:6", ["a.yaml": cluster.replacing("10.244.0.0/16", with: "10.100.0.0/16")],
            mending: ("10.100.0.0/16", "10.244.0.0/16")),
        RuleCase(
            .vipInRange, at: "keepalived.conf:12",
            [
                "a.yaml": cluster.replacing("apiserver.cluster.local", with: "10.96.7.7"),
                "keepalived.conf": floating.replacing("10.0.0.100", with: "10.96.7.7"),
            ], mending: ("10.96.7.7", "10.0.0.100")),
        RuleCase(
            .dnsOutsideServices, at: "a.yaml:11",
            [
                "a.yaml": cluster + """
                    ---
                    apiVersion: kubelet.config.k8s.io/v1beta1
                    kind: KubeletConfiguration
                    clusterDNS: [10.43.0.10]

                    """
            ], mending: ("10.43.0.10", "10.96.0.10")),
        RuleCase(
            .ipvsWithoutExclusion, at: "b.yaml:5",
            [
                "a/guardian.json": #"{"virtual": "10.103.97.2:6443", "real": ["10.0.0.1:6443"]}"#,
                "b.yaml": """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: ipvs
                ipvs:
                  excludeCIDRs: ["10.103.97.3/32"]

                """,
            ], mending: ("10.103.97.3/32", "10.103.97.2/32")),
        RuleCase(
            .ipvsWithoutExclusion, at: "b.yaml:3",
            [
                "a.yaml": """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: kube-sealyun-lvscare
                spec:
                  containers:
                    - name: lvscare
                      image: registry.example.com/lvscare:v1.1.1
                      command: [/usr/bin/lvscare]
                      args: [care, --vs, "10.103.97.2:6443", --rs, "10.0.0.1:6443"]

                """,
                "b.yaml": """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: ipvs

                """,
            ], mending: ("mode: ipvs", "mode: iptables")),
        RuleCase(
            .ipvsWithoutStrictARP, at: "b.yaml:3",
            [
                "a.yaml": kubeVIP,
                "b.yaml": """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: ipvs
                ipvs:
                  strictARP: false

                """,
            ], mending: ("strictARP: false", "strictARP: true")),
    ]
}
