// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    /// A kube-vip in which nothing is wrong.
    static let kubeVIP = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: kube-vip
          namespace: kube-system
        spec:
          hostNetwork: true
          containers:
            - name: kube-vip
              image: ghcr.io/kube-vip/kube-vip:v1.2.3
              args: [manager]
              env:
                - name: vip_arp
                  value: "true"
                - name: cp_enable
                  value: "true"
                - name: svc_enable
                  value: "true"
                - name: vip_leaderelection
                  value: "true"
                - name: vip_leaseduration
                  value: "5"
                - name: vip_renewdeadline
                  value: "3"
                - name: vip_retryperiod
                  value: "1"
                - name: vip_subnet
                  value: "32"
                - name: address
                  value: 10.0.0.100
              securityContext:
                capabilities:
                  add: [NET_ADMIN, NET_RAW]

        """

    private static func kubeVIP(_ changes: (String, String)...) -> [String: String] {
        ["kube-vip.yaml": changes.reduce(kubeVIP) { $0.replacing($1.0, with: $1.1) }]
    }

    static let kubeVIPCases = [
        RuleCase(
            .kubeVIPVariable, at: "kube-vip.yaml:27", kubeVIP(("vip_subnet", "vip_cidr")),
            mending: ("vip_cidr", "vip_subnet")),
        RuleCase(
            .kubeVIPVariable, at: "kube-vip.yaml:27", kubeVIP(("v1.2.3", "v0.8.7")),
            mending: ("vip_subnet", "vip_cidr")),
        RuleCase(
            .kubeVIPVariable, at: "kube-vip.yaml:29", kubeVIP(("name: address", "name: vip_address")),
            mending: ("name: vip_address", "name: address")),
        RuleCase(
            .kubeVIPMode, at: "kube-vip.yaml:10",
            kubeVIP(("name: vip_arp\n          value: \"true\"", "name: vip_arp\n          value: \"false\"")),
            mending: ("\"false\"", "\"true\"")),
        RuleCase(
            .kubeVIPMode, at: "kube-vip.yaml:19",
            kubeVIP(("leaderelection\n          value: \"true\"", "leaderelection\n          value: \"false\"")),
            mending: ("\"false\"", "\"true\"")),
        RuleCase(
            .kubeVIPNetwork, at: "kube-vip.yaml:10", kubeVIP(("hostNetwork: true", "hostNetwork: false")),
            mending: ("hostNetwork: false", "hostNetwork: true")),
        RuleCase(
            .kubeVIPNetwork, at: "kube-vip.yaml:10", kubeVIP(("[NET_ADMIN, NET_RAW]", "[NET_RAW]")),
            mending: ("[NET_RAW]", "[NET_RAW, NET_ADMIN]")),
        RuleCase(
            .kubeVIPLease, at: "kube-vip.yaml:22", kubeVIP(("value: \"5\"", "value: \"3\"")),
            mending: ("leaseduration\n          value: \"3\"", "leaseduration\n          value: \"4\"")),
        RuleCase(
            .kubeVIPLease, at: "kube-vip.yaml:24",
            kubeVIP(("retryperiod\n          value: \"1\"", "retryperiod\n          value: \"3\"")),
            mending: ("retryperiod\n          value: \"3\"", "retryperiod\n          value: \"2\"")),
        RuleCase(
            .imageFloating, at: "kube-vip.yaml:10", kubeVIP((":v1.2.3", ":latest")), mending: (":latest", ":v1.2.3")),
        RuleCase(
            .imageFloating, at: "a.yaml:10",
            [
                "a.yaml": """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: nginx
                spec:
                  template:
                    spec:
                      containers:
                      - name: nginx
                        image: registry.example.com:5000/nginx

                """
            ], mending: ("5000/nginx", "5000/nginx:1.29.1")),
    ]
}
