// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint

extension RuleCase {
    /// A balancer in which nothing is wrong.
    static let haproxy = """
        defaults
            mode tcp
            timeout connect 3s
            timeout client 4h
            timeout server 4h

        frontend endpoint
            bind *:9443
            default_backend masters

        backend masters
            option httpchk GET /readyz
            http-check expect status 200
            default-server check check-ssl verify none
            server master1 10.0.0.1:6443
            server master2 10.0.0.2:6443
            server master3 10.0.0.3:6443

        """

    private static func haproxy(_ old: String, _ new: String) -> [String: String] {
        ["haproxy.cfg": haproxy.replacing(old, with: new)]
    }

    private static let back = haproxy.firstRange(of: "\nbackend masters")?.lowerBound ?? haproxy.startIndex

    static let haproxyCases = [
        RuleCase(
            .haproxyServerTwice, at: "haproxy.cfg:17", haproxy("10.0.0.3", "10.0.0.2"),
            mending: ("master3 10.0.0.2", "master3 10.0.0.3")),
        RuleCase(
            .haproxyServerNameTwice, at: "haproxy.cfg:16", haproxy("server master2", "server master1"),
            mending: ("master1 10.0.0.2", "master2 10.0.0.2")),
        RuleCase(
            .haproxyServerMisnamed, at: "haproxy.cfg:16", haproxy("server master2", "server ip_10.0.0.7_6443"),
            mending: ("10.0.0.7_6443", "10.0.0.2_6443")),
        RuleCase(
            .haproxyNoCheck, at: "haproxy.cfg:16", haproxy("10.0.0.2:6443", "10.0.0.2:6443 no-check"),
            mending: (" no-check", "")),
        RuleCase(
            .haproxyCheckShallow, at: "haproxy.cfg:11", haproxy("option httpchk GET /readyz", "balance leastconn"),
            mending: ("balance leastconn", "option httpchk GET /readyz")),
        RuleCase(
            .haproxyModeHTTP, at: "haproxy.cfg:12", haproxy("    option httpchk", "    mode http\n    option httpchk"),
            mending: ("mode http\n", "mode tcp\n")),
        // The defaults that a part names hold, whichever stand before it.
        RuleCase(
            .haproxyModeHTTP, at: "haproxy.cfg:8",
            [
                "haproxy.cfg": haproxy.replacing("defaults\n", with: "defaults streams\n")
                    .replacing(
                        "frontend endpoint\n",
                        with: "defaults web from streams\n    mode http\n\nfrontend endpoint from streams\n"
                    )
                    .replacing("backend masters\n", with: "backend masters from web\n")
            ], mending: ("backend masters from web", "backend masters from streams")),
        RuleCase(
            .haproxyModeHTTP, at: "a/front.cfg:2",
            [
                "a/front.cfg": "defaults web\n    mode http\n",
                "b/haproxy.cfg": haproxy.replacing("backend masters\n", with: "backend masters from web\n"),
            ], mending: ("mode http", "mode tcp")),
        RuleCase(
            .haproxyTimeoutShort, at: "haproxy.cfg:4", haproxy("client 4h", "client 50s"),
            mending: ("timeout connect", "timeout tunnel 1d\n    timeout connect")),
        RuleCase(
            .haproxyTimeoutShort, at: "haproxy.cfg:12",
            haproxy("    option httpchk", "    timeout server 35000\n    option httpchk"),
            mending: ("server 35000", "server 4h")),
        RuleCase(
            .haproxyBackendMissing, at: "haproxy.cfg:9",
            haproxy("default_backend masters", "use_backend apiservers if TRUE\n    default_backend masters"),
            mending: ("use_backend apiservers if TRUE\n", "")),
        RuleCase(
            .haproxyBackendMissing, at: "10-front.cfg:9",
            [
                "10-front.cfg": String(haproxy.prefix(upTo: back)),
                "20-back.cfg": String(haproxy.suffix(from: back)).replacing(
                    "backend masters", with: "backend apiservers"),
            ], mending: ("backend apiservers", "backend masters")),
        RuleCase(
            .haproxyNoCheck, at: "20-back.cfg:7",
            [
                "10-front.cfg": String(haproxy.prefix(upTo: back)),
                "20-back.cfg": String(haproxy.suffix(from: back)).replacing(
                    "10.0.0.2:6443", with: "10.0.0.2:6443 no-check"),
            ], mending: (" no-check", "")),
        RuleCase(
            .haproxyLacksMaster, at: "haproxy.cfg:17",
            ["a.yaml": joining("master4", "10.0.0.4"), "haproxy.cfg": haproxy].merging(["b.yaml": first]) { one, _ in
                one
            },
            mending: (
                "    server master3 10.0.0.3:6443\n",
                "    server master3 10.0.0.3:6443\n    server master4 10.0.0.4:6443\n"
            )),
        RuleCase(
            .haproxyServerPort, at: "haproxy.cfg:16",
            [
                "a.yaml": first.replacing("10.0.0.1", with: "10.0.0.1\n  bindPort: 6443"),
                "haproxy.cfg": haproxy.replacing("10.0.0.2:6443", with: "10.0.0.2:443"),
            ],
            mending: ("10.0.0.2:443", "10.0.0.2:6443")),
        RuleCase(
            .haproxyPortTaken, at: "haproxy.cfg:8",
            [
                "haproxy.cfg": haproxy.replacing("*:9443", with: "*:6443"),
                "keepalived.conf": floating.replacing(
                    "virtual_ipaddress {", with: "unicast_peer {\n        10.0.0.2\n    }\n    virtual_ipaddress {"),
            ], mending: ("*:6443", "*:9443")),
    ]
}
