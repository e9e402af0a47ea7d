// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    private static func service(_ name: String, _ address: String) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata:
          name: \(name)
        spec:
          type: LoadBalancer
          loadBalancerIP: \(address)
          ports:
            - port: 80

        """
    }

    private static func pools(_ lines: String...) -> [String: String] {
        [
            "pools.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: kubevip
              namespace: kube-system
            data:

            """ + lines.map { "  \($0)\n" }.joined()
        ]
    }

    private static func both(_ one: [String: String], _ other: [String: String]) -> [String: String] {
        one.merging(other) { first, _ in first }
    }

    static let serviceCases = [
        RuleCase(
            .serviceFieldMisplaced, at: "a.yaml:9",
            [
                "a.yaml": service("web", "10.0.0.150").replacing("  loadBalancerIP: 10.0.0.150\n", with: "")
                    + "externalTrafficPolicy: Local\n"
            ], mending: ("externalTrafficPolicy: Local", "  externalTrafficPolicy: Local")),
        RuleCase(
            .serviceOnVIP, at: "a.yaml:7", ["a.yaml": service("web", "10.0.0.100"), "kube-vip.yaml": kubeVIP],
            mending: ("loadBalancerIP: 10.0.0.100", "loadBalancerIP: 10.0.0.150")),
        RuleCase(
            .serviceOnVIP, at: "a.yaml:6",
            [
                "a.yaml": """
                apiVersion: v1
                kind: Service
                metadata:
                  name: web
                  annotations:
                    kube-vip.io/loadbalancerIPs: 10.0.0.150,10.0.0.100
                spec:
                  type: LoadBalancer

                """, "keepalived.conf": floating,
            ], mending: (",10.0.0.100", "")),
        // What externalIPs are for is the address of a host.
        RuleCase(
            .serviceOnVIP, at: "a.yaml:7",
            [
                "a.yaml": service("web", "10.0.0.1").replacing(
                    "loadBalancerIP: 10.0.0.1", with: "externalIPs: [10.0.0.100]"),
                "b.yaml": first, "keepalived.conf": floating,
            ], mending: ("externalIPs: [10.0.0.100]", "externalIPs: [10.0.0.1]")),
        // A file calls it a node, and only the hosts file knows where it is.
        RuleCase(
            .serviceOnHost, at: "a.yaml:7",
            [
                "a.yaml": service("web", "10.0.0.150"), "etc/hosts": "10.0.0.150 worker1\n",
                "b.yaml": joining("worker1", "").replacing(
                    "controlPlane:\n  localAPIEndpoint:\n    advertiseAddress: \n", with: ""),
            ], mending: ("10.0.0.150 worker1", "10.0.0.150 web.example.com\n10.0.0.4 worker1")),
        RuleCase(
            .serviceOnHost, at: "a.yaml:7", ["a.yaml": service("web", "10.0.0.1"), "b.yaml": first],
            mending: ("loadBalancerIP: 10.0.0.1", "loadBalancerIP: 10.0.0.150")),
        RuleCase(
            .serviceAddressTwice, at: "b.yaml:7",
            [
                "a.yaml": service("web", "10.0.0.150"),
                "b.yaml": service("mail", "10.0.0.150").replacing("port: 80", with: "port: 80 # mail"),
            ],
            mending: ("port: 80 # mail", "port: 25")),
        RuleCase(
            .poolUnreadable, at: "pools.yaml:7", pools("range-global: 10.0.0.219-10.0.0.210"),
            mending: ("10.0.0.219-10.0.0.210", "10.0.0.210-10.0.0.219")),
        RuleCase(
            .poolHoldsVIP, at: "pools.yaml:7",
            both(pools("range-global: 10.0.0.90-10.0.0.110"), ["kube-vip.yaml": kubeVIP]),
            mending: ("10.0.0.90-", "10.0.0.101-")),
        RuleCase(
            .poolHoldsHost, at: "pools.yaml:7", both(pools("cidr-default: 10.0.0.0/29"), ["a.yaml": first]),
            mending: ("10.0.0.0/29", "10.0.0.8/29")),
        RuleCase(
            .poolHoldsHost, at: "pools.yaml:7",
            both(pools("cidr-default: 10.0.0.0/29"), ["10.0.0.5/etc/hosts": "10.0.0.5 a\n10.0.0.6 b.example.com\n"]),
            mending: ("10.0.0.0/29", "10.0.0.6-10.0.0.7"), ("cidr-default", "range-default")),
        RuleCase(
            .poolsOverlap, at: "pools.yaml:8",
            pools("range-global: 10.0.0.200-10.0.0.210", "cidr-mail: 10.0.0.208/29"),
            mending: ("10.0.0.208/29", "10.0.0.216/29")),
        RuleCase(
            .poolInRange, at: "pools.yaml:7", both(pools("cidr-global: 10.100.0.0/24"), ["a.yaml": cluster]),
            mending: ("10.100.0.0/24", "10.0.0.192/26")),
    ]

    /// RKE's cluster.yml in which nothing is wrong.
    static let rke = """
        nodes:
          - address: 10.0.0.1
            role: [controlplane, etcd]
            hostname_override: one
          - address: 10.0.0.2
            role: [worker]
            hostname_override: two
        kubernetes_version: v1.26.8-rancher1-1
        services:
          kube-api:
            service_cluster_ip_range: 10.43.0.0/16
          kube-controller:
            cluster_cidr: 10.42.0.0/16
            service_cluster_ip_range: 10.43.0.0/16
          kubelet:
            cluster_dns_server: 10.43.0.10
            extra_args:
              pod-manifest-path: /etc/kubernetes/manifests
          kubeproxy:
            extra_args:
              proxy-mode: iptables
        ingress:
          options:
            ssl-protocols: TLSv1.2 TLSv1.3

        """

    private static func rke(_ old: String, _ new: String) -> [String: String] {
        ["cluster.yml": rke.replacing(old, with: new)]
    }

    static let rkeCases = [
        RuleCase(
            .rkeWeakTLS, at: "cluster.yml:24", rke("TLSv1.2 TLSv1.3", "TLSv1.1 TLSv1.2"), mending: ("TLSv1.1 ", "")),
        RuleCase(
            .rkePassword, at: "cluster.yml:11",
            rke("services:", "private_registries:\n  - url: registry.example.com\n    password: geheim\nservices:"),
            mending: ("    password: geheim\n", "")),
        RuleCase(
            .rkePassword, at: "cluster.yml:10",
            rke("services:", "private_registries:\n  - url: https://bob:geheim@registry.example.com\nservices:"),
            mending: ("bob:geheim@", "")),
        RuleCase(
            .rkeHostTwice, at: "cluster.yml:3",
            [
                "cluster.yml": """
                nodes:
                  - {address: 10.0.0.1, role: [controlplane, etcd]}
                  - { address: 10.0.0.1, role: [worker]}

                """
            ], mending: ("{ address: 10.0.0.1", "{ address: 10.0.0.2")),
        RuleCase(
            .rkeHostTwice, at: "cluster.yml:5", rke("address: 10.0.0.2", "address: 10.0.0.1"),
            mending: ("10.0.0.1\n    role: [worker]", "10.0.0.2\n    role: [worker]")),
        RuleCase(
            .rkeHostTwice, at: "cluster.yml:5", rke("override: two", "override: one"),
            mending: ("[worker]\n    hostname_override: one", "[worker]\n    hostname_override: two")),
        RuleCase(
            .rkeRangesDiffer, at: "cluster.yml:14",
            [
                "cluster.yml": rke.replacing(
                    "10.42.0.0/16\n    service_cluster_ip_range: 10.43.0.0/16",
                    with: "10.42.0.0/16\n    service_cluster_ip_range: 10.44.0.0/16")
            ],
            mending: ("10.44.0.0/16", "10.43.0.0/16")),
        RuleCase(
            .etcdEven, at: "cluster.yml:5", rke("[worker]", "[worker, etcd]"), mending: ("[worker, etcd]", "[worker]")),
        RuleCase(
            .staticPodFolder, at: "cluster.yml:18", as: .warning, rke("/manifests", "/manifest"),
            mending: ("/manifest", "/manifests")),
        RuleCase(
            .dnsOutsideServices, at: "cluster.yml:16", rke("10.43.0.10", "10.96.0.10"),
            mending: ("10.96.0.10", "10.43.0.10")),
        RuleCase(
            .sansLackVIP, at: "cluster.yml:2",
            ["cluster.yml": rke, "kube-vip.yaml": kubeVIP],
            mending: ("services:\n", "authentication:\n  sans: [10.0.0.100]\nservices:\n")),
    ]
}
