// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    /// Three masters behind an address that keepalived moves.
    static let floating = """
        vrrp_script master {
            script "/usr/local/bin/check-master"
            interval 1
            weight -50
        }
        vrrp_instance endpoint {
            state BACKUP
            interface eth0
            virtual_router_id 51
            priority 100
            virtual_ipaddress {
                10.0.0.100/24
            }
            track_script {
                master
            }
        }

        """

    static let endpointCases = [
        RuleCase(
            .advertiseAddressIsVIP, at: "a.yaml:4",
            [
                "a.yaml": first.replacing("10.0.0.1", with: "10.0.0.100"),
                "b.yaml": cluster.replacing("apiserver.cluster.local", with: "10.0.0.100"), "keepalived.conf": floating,
            ], mending: ("advertiseAddress: 10.0.0.100", "advertiseAddress: 10.0.0.1")),
        RuleCase(
            .advertiseAddressIsVIP, at: "a.yaml:4",
            ["a.yaml": first, "b.yaml": cluster.replacing("apiserver.cluster.local:6443", with: "10.0.0.1:8443")],
            mending: ("10.0.0.1:8443", "10.0.0.1:6443")),
        RuleCase(
            .advertiseAddressTwice, at: "b.yaml:5",
            ["a.yaml": first, "b.yaml": joining("master2", "10.0.0.1"), "c.yaml": cluster],
            mending: ("    advertiseAddress: 10.0.0.1", "    advertiseAddress: 10.0.0.2")),
        // One begins the cluster and one joins it, with the names of their hosts or with one name.
        RuleCase(
            .advertiseAddressTwice, at: "b.yaml:5",
            [
                "a.yaml": first.replacing("nodeRegistration:\n  name: master1\n", with: ""),
                "b.yaml": joining("m", "10.0.0.1").replacing("nodeRegistration:\n  name: m\n", with: ""),
                "c.yaml": cluster,
            ],
            mending: ("    advertiseAddress: 10.0.0.1", "    advertiseAddress: 10.0.0.2")),
        RuleCase(
            .advertiseAddressTwice, at: "b.yaml:5",
            ["a.yaml": first, "b.yaml": joining("master1", "10.0.0.1"), "c.yaml": cluster],
            mending: (
                "    advertiseAddress: 10.0.0.1\nnodeRegistration:\n  name: master1",
                "    advertiseAddress: 10.0.0.2\nnodeRegistration:\n  name: master2"
            )),
        RuleCase(
            .nodeNameTwice, at: "b.yaml:7",
            ["a.yaml": first, "b.yaml": joining("master1", "10.0.0.2"), "c.yaml": cluster],
            mending: (
                "    advertiseAddress: 10.0.0.2\nnodeRegistration:\n  name: master1",
                "    advertiseAddress: 10.0.0.2\nnodeRegistration:\n  name: master2"
            )),
        RuleCase(
            .endpointMissing, at: "c.yaml:2",
            [
                "a.yaml": first, "b.yaml": joining("master2", "10.0.0.2"),
                "c.yaml": cluster.replacing("controlPlaneEndpoint: apiserver.cluster.local:6443\n", with: ""),
            ], mending: ("kubernetesVersion", "controlPlaneEndpoint: apiserver.cluster.local:6443\nkubernetesVersion")),
        RuleCase(
            .endpointPortUnserved, at: "a.yaml:4",
            ["a.yaml": cluster.replacing("6443", with: "8443"), "haproxy.cfg": haproxy],
            mending: (":8443", ":9443")),
        RuleCase(
            .endpointPortUnserved, at: "a.yaml:4",
            [
                "a.yaml": cluster.replacing("apiserver.cluster.local:6443", with: "10.0.0.100:8443"),
                "keepalived.conf": floating,
            ], mending: (":8443", ":6443")),
        RuleCase(
            .endpointNotVIP, at: "a.yaml:4", also: [.sansLackVIP],
            [
                "a.yaml": cluster.replacing("apiserver.cluster.local", with: "10.0.0.99"), "keepalived.conf": floating,
            ], mending: ("10.0.0.99", "10.0.0.100")),
        RuleCase(
            .endpointIsOneMaster, at: "c.yaml:4",
            [
                "a.yaml": first, "b.yaml": joining("master2", "10.0.0.2"),
                "c.yaml": cluster.replacing("apiserver.cluster.local", with: "10.0.0.1"),
            ], mending: ("10.0.0.1:6443", "apiserver.cluster.local:6443")),
        RuleCase(
            .vipIsHost, at: "keepalived.conf:15",
            [
                "keepalived.conf": floating.replacing(
                    "virtual_ipaddress {",
                    with: "unicast_peer {\n        10.0.0.2\n    }\n    virtual_ipaddress {"
                ).replacing("10.0.0.100/24", with: "10.0.0.2/24")
            ], mending: ("10.0.0.2/24", "10.0.0.100/24")),
    ]

    static let nameCases = [
        RuleCase(
            .sansNameNoMaster, at: "a.yaml:11",
            [
                "a.yaml": cluster + "apiServer:\n  certSANs:\n    - 127.0.0.1\n    - 172.16.0.1\n    - 172.16.0.2\n",
                "b.yaml": first,
            ], mending: ("172.16.0.1", "10.0.0.1"), ("    - 172.16.0.2\n", "")),
        RuleCase(
            .sansLackMaster, at: "a.yaml:10",
            [
                "a.yaml": cluster + "apiServer:\n  certSANs: [\n    10.0.0.1]\n",
                "b.yaml": first, "c.yaml": joining("master2", "10.0.0.2"),
            ], mending: ("10.0.0.1]", "10.0.0.1, 10.0.0.2]")),
        RuleCase(
            .sansLackVIP, at: "a.yaml:2", ["a.yaml": cluster, "keepalived.conf": floating],
            mending: ("networking:", "apiServer:\n  certSANs: [10.0.0.100]\nnetworking:")),
        RuleCase(
            .sansLackVIP, at: "a.yaml:2", as: .error,
            ["a.yaml": cluster, "b.sh": "kubeadm join 10.0.0.100:6443 --token x\n", "keepalived.conf": floating],
            mending: ("networking:", "apiServer:\n  certSANs: [10.0.0.100]\nnetworking:")),
        RuleCase(
            .sansLackEndpoint, at: "b.sh:1",
            ["a.yaml": cluster, "b.sh": "kubeadm join api.example.com:6443 --token x\n"],
            mending: ("networking:", "apiServer:\n  certSANs: [api.example.com]\nnetworking:")),
        RuleCase(
            .sansLackEndpoint, at: "b.yaml:5",
            [
                "a.yaml": cluster,
                "b.yaml": """
                apiVersion: kubeadm.k8s.io/v1beta4
                kind: JoinConfiguration
                discovery:
                  bootstrapToken:
                    apiServerEndpoint: api.example.com:6443

                """,
            ], mending: ("api.example.com", "apiserver.cluster.local")),
    ]
}
