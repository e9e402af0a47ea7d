// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    private static let masters = ["a.yaml": first, "b.yaml": joining("master2", "10.0.0.2"), "c.yaml": cluster]

    private static func masters(and more: [String: String]) -> [String: String] {
        masters.merging(more) { first, _ in first }
    }

    static let hostsCases = [
        // The host is told by the folder, by a name in the file's name, and by Debian's own line.
        RuleCase(
            .hostsOtherMaster, at: "10.0.0.2/etc/hosts:1",
            masters(and: ["10.0.0.2/etc/hosts": "10.0.0.1 apiserver.cluster.local\n"]),
            mending: ("10.0.0.1 apiserver", "10.0.0.2 apiserver")),
        RuleCase(
            .hostsOtherMaster, at: "hosts.master2:2",
            masters(and: ["hosts.master2": "127.0.0.1 localhost\n10.0.0.1 apiserver.cluster.local\n"]),
            mending: ("10.0.0.1 apiserver", "10.0.0.2 apiserver")),
        RuleCase(
            .hostsOtherMaster, at: "d/hosts:2",
            masters(and: ["d/hosts": "127.0.1.1 master2\n10.0.0.1 apiserver.cluster.local\n"]),
            mending: ("10.0.0.1 apiserver", "10.0.0.2 apiserver")),
        RuleCase(
            .hostsOtherMaster, at: "d.sh:4",
            masters(and: [
                "d.sh": """
                # on master2 10.0.0.2
                cat >> /etc/hosts <<EOF
                10.0.0.9 registry
                10.0.0.1 apiserver.cluster.local
                EOF
                kubeadm join apiserver.cluster.local:6443 --control-plane

                """
            ]), mending: ("--control-plane", "--control-plane\nsed -i s/10.0.0.1/10.0.0.2/ /etc/hosts")),
        RuleCase(
            .hostsOneMaster, at: "10.0.0.7/etc/hosts:1",
            masters(and: ["10.0.0.7/etc/hosts": "10.0.0.1 apiserver.cluster.local\n"]),
            mending: ("10.0.0.1 apiserver", "10.0.0.100 apiserver")),
        RuleCase(
            .hostsNameTwice, at: "hosts:3", ["hosts": "10.0.0.1 master1\nfd00::1 master1\n10.0.0.2 master1\n"],
            mending: ("10.0.0.2 master1", "10.0.0.2 master2")),
        RuleCase(
            .hostsFilesDiffer, at: "b/hosts:1", ["a/hosts": "10.0.0.3 master3\n", "b/hosts": "10.0.0.4 master3\n"],
            mending: ("10.0.0.4", "10.0.0.3")),
        RuleCase(
            .hostsLackEndpoint, at: "b/hosts:1",
            [
                "a/hosts": "10.0.0.3 node3\n10.0.0.100 api.example.com\n", "b/hosts": "10.0.0.3 node3\n",
                "c.yaml": cluster.replacing("apiserver.cluster.local", with: "api.example.com"),
            ], mending: ("10.0.0.100 api.example.com\n", "")),
        RuleCase(
            .hostsLineBroken, at: "hosts:2", ["hosts": "10.0.0.1 master1\nmaster2 10.0.0.2\n"],
            mending: ("master2 10.0.0.2", "10.0.0.2 master2")),
    ]
}
