// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

/// The endpoint's strategies: what each asks for, and what it has no use for.
struct EndpointProblemTests {
    private static func refused(_ lines: [String], _ sentences: String...) -> InventoryCase {
        InventoryCase(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1-3]\nendpoint:\n  " + lines.joined(separator: "\n  "),
            sentences: sentences)
    }

    @Test(arguments: [
        refused(
            ["strategy: metallb"],
            "c.yaml:4: there is no endpoint strategy `metallb`; "
                + "choose from guardian, kube-vip, keepalived, haproxy-keepalived, external"),
        refused(
            ["strategy: keepalived"],
            "c.yaml:4: the endpoint strategy keepalived needs an address that moves between the masters; "
                + "write a free address of the masters' own network (--vip, endpoint.vip)"),
        refused(
            ["strategy: external"],
            "c.yaml:4: an external endpoint has no name; "
                + "write the name and port that lead to the API servers: --endpoint api.example.com:6443"),
        refused(
            ["strategy: external", "name: api.example.com", "vip: 10.0.0.100"],
            "c.yaml:6: the endpoint strategy external has no `vip`; "
                + "leave it out, or choose a strategy that has it: guardian, kube-vip, keepalived, haproxy-keepalived"),
        refused(
            ["strategy: keepalived", "vip: 10.0.0.100", "guardian: pod"],
            "c.yaml:6: the endpoint strategy keepalived has no `guardian`; "
                + "leave it out, or choose a strategy that has it: guardian"),
        refused(
            ["strategy: kube-vip", "vip: 10.0.0.100", "virtualRouterID: 7"],
            "c.yaml:6: the endpoint strategy kube-vip has no `virtualRouterID`; "
                + "leave it out, or choose a strategy that has it: keepalived, haproxy-keepalived"),
        refused(
            ["strategy: keepalived", "vip: 10.0.0.100", "virtualRouterID: 256"],
            "c.yaml:6: the virtual router ID `256` is not a number from 1 to 255; "
                + "choose one that nobody else on the masters' network uses"),
        refused(
            ["strategy: keepalived", "vip: 10.0.0.100", "interface: 'eth 0'"],
            "c.yaml:6: `eth 0` cannot be the name of an interface; write it as 'ip link' shows it, such as eth0"),
        refused(
            ["strategy: haproxy-keepalived", "vip: 10.0.0.100", "port: 6443"],
            "c.yaml:6: haproxy cannot listen on port 6443, which the API server of the same master has; "
                + "choose another for the endpoint, usually 8443"),
        refused(
            ["strategy: haproxy-keepalived", "vip: 10.0.0.100", "port: 443"],
            "c.yaml:6: haproxy runs without root and cannot listen on port 443; choose one from 1024 on, usually 8443"),
        refused(
            ["strategy: haproxy-keepalived", "vip: 10.0.0.100", "port: 2379"],
            "c.yaml:6: the endpoint's port 2379 belongs to etcd on every master; choose another, usually 6443"),
        refused(
            ["strategy: haproxy-keepalived", "vip: 10.0.0.2"],
            "c.yaml:5: the VIP 10.0.0.2 is the address of a host; choose an address that no machine has (--vip)"),
        refused(
            ["strategy: keepalived", "vip: 10.103.97.2"],
            "c.yaml:5: the VIP 10.103.97.2 lies in the service subnet 10.96.0.0/12 (the default), "
                + "and it has to be one of the masters' own network; choose an address outside of it (--vip)"),
        refused(
            ["strategy: keepalived", "vip: 10.0.0.100", "serverPort: 6444"],
            "c.yaml:6: the endpoint strategy keepalived has no `serverPort`; "
                + "leave it out, or choose a strategy that has it: haproxy-keepalived, external"),
        refused(
            ["strategy: kube-vip", "vip: 10.0.0.100", "bgp: {peers: [10.0.0.254]}"],
            "c.yaml:6: `bgp` names no autonomous system of the masters; write its number as `as: 64512`",
            "c.yaml:6: `10.0.0.254` is no BGP peer; write its address and its AS: 10.0.0.254=64513"),
        refused(
            ["strategy: kube-vip", "vip: 10.0.0.100", "bgp: {as: 64512}"],
            "c.yaml:6: `bgp` names no router; write peers: [10.0.0.254=64513]"),
    ])
    func `a strategy gets what it needs and nothing else`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    private func endpoint(_ lines: String...) throws -> Endpoint {
        try spec(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1-3]\nendpoint:\n  " + lines.joined(separator: "\n  ")
        ).endpoint
    }

    @Test func `haproxy listens beside the API server, on a port of its own`() throws {
        let endpoint = try endpoint("strategy: haproxy-keepalived", "vip: 10.0.0.100")
        #expect(endpoint.port == 8443 && endpoint.serverPort == 6443)
        #expect(endpoint.portsOnMasters == [6443, 8443])
        #expect(endpoint.authority == "apiserver.cluster.local:8443")
    }

    @Test func `an external endpoint may be an address, and lead from one port to another`() throws {
        let endpoint = try endpoint("strategy: external", "name: 'fd00::100'", "port: 443", "serverPort: 6443")
        #expect(endpoint.authority == "[fd00::100]:443" && endpoint.serverPort == 6443 && endpoint.vip == nil)
    }

    @Test func `the name means a master itself there, the VIP on workers, and nothing where it is external`() throws {
        let text = "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nnodes: [10.0.0.4]\n"
        let floating = try spec(yaml: text + "endpoint: {strategy: keepalived, vip: 10.0.0.100}")
        #expect(floating.hosts.map { floating.endpoint.meaning(on: $0)?.description } == ["10.0.0.1", "10.0.0.100"])
        let external = try spec(yaml: text + "endpoint: {strategy: external, name: api.example.com}")
        #expect(external.hosts.map { external.endpoint.meaning(on: $0) } == [nil, nil])
        #expect(external.apiServerNames == ["127.0.0.1", "localhost", "api.example.com", "10.0.0.1"])
    }

    @Test func `the virtual router's number is the last byte of its address unless one is written`() throws {
        #expect(try endpoint("strategy: keepalived", "vip: 10.0.0.100").floating?.virtualRouterID == 100)
        #expect(try endpoint("strategy: keepalived", "vip: 10.0.1.0").floating?.virtualRouterID == 51)
        let written = try endpoint(
            "strategy: keepalived", "vip: 10.0.0.100", "virtualRouterID: 9", "interface: bond0.12")
        #expect(written.floating?.virtualRouterID == 9 && written.floating?.interface == "bond0.12")
    }

    @Test(arguments: [
        ["strategy: guardian"], ["strategy: guardian", "guardian: systemd", "vip: 10.9.9.9"],
        ["strategy: keepalived", "vip: 10.0.0.100", "interface: eth1", "virtualRouterID: 9"],
        ["strategy: kube-vip", "vip: 10.0.0.100"],
        ["strategy: kube-vip", "vip: 10.0.0.100", "bgp: {as: 64512, peers: [10.0.0.254=64513, 10.0.0.253=64513]}"],
        ["strategy: haproxy-keepalived", "vip: 10.0.0.100", "port: 9443", "serverPort: 6444"],
        ["strategy: external", "name: api.example.com", "port: 443", "serverPort: 6443"],
    ])
    func `the cluster's record keeps the endpoint as it is`(_ lines: [String]) throws {
        let spec = try spec(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1-3]\nendpoint:\n  " + lines.joined(separator: "\n  "))
        let record = ClusterRecord(spec: spec)
        #expect(try ClusterRecord(json: record.json()).spec().endpoint == spec.endpoint)
        // What an older hakube would misread, it shall refuse.
        #expect(try record.json().contains("\"format\" : \(spec.endpoint.kind == .guardian ? 1 : 2)"))
    }
}
