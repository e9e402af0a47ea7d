// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct ReleaseProblemTests {
    private static func found(_ kubernetes: String?, bundle: String? = nil, mode: String? = nil) -> [String] {
        problems(bundle: bundle) {
            $0.masters = ["10.0.0.1"]
            $0.vip = "10.9.9.9"
            $0.kubernetes = kubernetes
            $0.proxyMode = mode
        }
    }

    @Test(
        arguments: [
            (
                nil, nil,
                "no Kubernetes version is given; name a bundle, or write the release as --kubernetes v1.34.2 or kubernetes: v1.34.2"
            ),
            ("latest", nil, "`latest` is not a Kubernetes release; write it as v1.34.2"),
            ("v2.0.0", nil, "`v2.0.0` is not a Kubernetes release; write it as v1.34.2"),
            ("v1.34.2-", nil, "`v1.34.2-` is not a Kubernetes release; write it as v1.34.2"),
            ("v1.34.2+k3s1", nil, "`v1.34.2+k3s1` is not a Kubernetes release; write it as v1.34.2"),
            ("v1.34.2-a b", nil, "`v1.34.2-a b` is not a Kubernetes release; write it as v1.34.2"),
            (
                "v1.14.10", nil,
                "hakube installs no Kubernetes before v1.15, and this is v1.14.10; choose a later release"
            ),
            (
                "v1.34.2", "v1.34.1",
                "the bundle holds Kubernetes v1.34.1, not v1.34.2; take the bundle of v1.34.2, or ask for v1.34.1"
            ),
            (
                "1.33", "v1.34.1",
                "the bundle holds Kubernetes v1.34.1, not v1.33.0; take the bundle of v1.33.0, or ask for v1.34.1"
            ),
        ] as [(String?, String?, String)])
    func `a release that cannot be installed has its sentence`(
        _ kubernetes: String?, _ bundle: String?, _ sentence: String
    ) {
        #expect(Self.found(kubernetes, bundle: bundle) == ["--kubernetes: \(sentence)"])
    }

    @Test func `an old bundle is refused by its own place`() {
        #expect(
            Self.found(nil, bundle: "v1.14.0") == [
                "--bundle: hakube installs no Kubernetes before v1.15, and this is v1.14.0; choose a later release"
            ])
    }

    @Test(
        arguments: [
            ("v1.34.2", nil, "v1.34.2"), ("1.34.2", nil, "v1.34.2"), ("v1.37.0-rc.0", nil, "v1.37.0-rc.0"),
            ("1.34", nil, "v1.34.0"), ("1.34", "v1.34.7", "v1.34.7"), (nil, "v1.34.7", "v1.34.7"),
            ("v1.34.7", "v1.34.7", "v1.34.7"),
        ] as [(String?, String?, String)])
    func `the release comes from the user or the bundle`(_ kubernetes: String?, _ bundle: String?, _ expected: String)
        throws
    {
        let spec = try spec(bundle: bundle) {
            $0.masters = ["10.0.0.1"]
            $0.kubernetes = kubernetes
        }
        #expect(spec.kubernetes.description == expected)
    }

    @Test(arguments: [
        ("v1.34.2", "userspace", "kube-proxy has no mode `userspace`; choose from iptables, ipvs and nftables"),
        (
            "v1.28.9", "nftables",
            "kube-proxy of v1.28.9 has no nftables mode, it came with v1.29; choose iptables or ipvs"
        ),
        (
            "v1.30.0", "nftables",
            "the nftables mode of kube-proxy is alpha in v1.30.0; choose iptables, or set featureGates.NFTablesProxyMode: true in a KubeProxyConfiguration under `kubeadm`"
        ),
        (
            "v1.41.0", "ipvs",
            "the ipvs mode of kube-proxy is switched off in v1.41.0; choose iptables, or set featureGates.KubeProxyIPVS: true in a KubeProxyConfiguration under `kubeadm`"
        ),
        (
            "v1.43.0", "ipvs",
            "kube-proxy of v1.43.0 has no ipvs mode any more, it went with v1.43; choose iptables or nftables"
        ),
    ])
    func `a proxy mode that the release lacks has its sentence`(
        _ kubernetes: String, _ mode: String, _ sentence: String
    ) {
        #expect(Self.found(kubernetes, mode: mode) == ["--proxy-mode: \(sentence)"])
    }

    @Test(arguments: [
        ("v1.15.0", "ipvs"), ("v1.31.0", "nftables"), ("v1.39.0", "ipvs"), ("v1.43.0", "nftables"),
        ("v1.15.0", "iptables"),
    ])
    func `a proxy mode that the release has is taken`(_ kubernetes: String, _ mode: String) {
        #expect(Self.found(kubernetes, mode: mode) == [])
    }

    @Test func `a feature gate of the user opens a closed mode`() throws {
        let spec = try spec(
            yaml: """
                kubernetes: v1.40.0
                masters: 10.0.0.1
                network: {proxyMode: ipvs}
                kubeadm:
                  - apiVersion: kubeproxy.config.k8s.io/v1alpha1
                    kind: KubeProxyConfiguration
                    featureGates: {KubeProxyIPVS: true}
                """)
        #expect(spec.proxyMode == .ipvs)
    }
}
