// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct NamingProblemTests {
    @Test(arguments: [
        InventoryCase.after("cluster: Prod", "c.yaml:3: `Prod` cannot name a cluster; write `prod`"),
        .after(
            "cluster: a.b",
            "c.yaml:3: `a.b` cannot name a cluster; use lower-case letters, digits and dashes, 63 characters at most"),
        .after(
            "network: {dnsDomain: Cluster.Local}",
            "c.yaml:3: `Cluster.Local` cannot be the DNS domain of a cluster; write `cluster.local`"),
        .after(
            "network: {dnsDomain: cluster.local.}",
            "c.yaml:3: `cluster.local.` cannot be the DNS domain of a cluster; write a lower-case DNS name such as cluster.local"
        ),
        .after(
            "endpoint: {name: 10.0.0.5}",
            "c.yaml:3: the name of the endpoint is the address 10.0.0.5; write a name such as apiserver.cluster.local, and the address as the VIP if it is meant so"
        ),
        .after(
            "endpoint: {name: 'fd00::5'}",
            "c.yaml:3: the name of the endpoint is the address fd00::5; write a name such as apiserver.cluster.local, and the address as the VIP if it is meant so"
        ),
        .after(
            "endpoint: {name: API.example.com}",
            "c.yaml:3: `API.example.com` cannot be the name of the endpoint; write `api.example.com`"),
        .after(
            "endpoint: {name: api_server}",
            "c.yaml:3: `api_server` cannot be the name of the endpoint; write a lower-case DNS name such as apiserver.cluster.local"
        ),
        .after(
            "endpoint: {name: localhost}",
            "c.yaml:3: `localhost` cannot be the name of the endpoint; write a lower-case DNS name such as apiserver.cluster.local"
        ),
        .after(
            "endpoint: {guardian: docker}",
            "c.yaml:3: the guardian cannot run as `docker`; choose from pod and systemd"),
        .after(
            "endpoint: {port: 0}",
            "c.yaml:3: the endpoint's port `0` is not a number from 1 to 65535; write the API server's port, usually 6443"
        ),
        .after(
            "endpoint: {port: https}",
            "c.yaml:3: the endpoint's port `https` is not a number from 1 to 65535; write the API server's port, usually 6443"
        ),
        .after(
            "endpoint: {port: 2379}",
            "c.yaml:3: the endpoint's port 2379 belongs to etcd on every master; choose another, usually 6443"),
        .after(
            "imageRepository: https://example.com/k8s",
            "c.yaml:3: `https://example.com/k8s` is not an image repository; write registry and path without scheme, tag or closing slash: registry.example.com:5000/k8s"
        ),
        .after(
            "imageRepository: example.com/k8s/",
            "c.yaml:3: `example.com/k8s/` is not an image repository; write registry and path without scheme, tag or closing slash: registry.example.com:5000/k8s"
        ),
        .after(
            "imageRepository: example.com:0/k8s",
            "c.yaml:3: `example.com:0/k8s` is not an image repository; write registry and path without scheme, tag or closing slash: registry.example.com:5000/k8s"
        ),
        .after(
            "certSANs: [K8s.example.com]",
            "c.yaml:3: `K8s.example.com` cannot stand in a certificate; write `k8s.example.com`"),
        .after(
            "certSANs: ['a b', 'fd00::1%eth0', '10.0.0.1:6443', '']",
            "c.yaml:3: `a b` cannot stand in a certificate; write a DNS name or an IP address without zone or port",
            "c.yaml:3: `fd00::1%eth0` cannot stand in a certificate; write a DNS name or an IP address without zone or port",
            "c.yaml:3: `10.0.0.1:6443` cannot stand in a certificate; write a DNS name or an IP address without zone or port",
            "c.yaml:3: `` cannot stand in a certificate; write a DNS name or an IP address without zone or port"),
    ])
    func `a name that cannot be used has its sentence`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test func `repositories with port, path or IPv6 registry are fine`() throws {
        for repository in ["registry.example.com:5000/k8s/v1", "localhost:5000", "[fd00::1]:5000/k8s", "10.0.0.9:5000"]
        {
            let spec = try spec {
                $0.masters = ["10.0.0.1"]
                $0.kubernetes = "v1.34.2"
                $0.imageRepository = repository
            }
            #expect(spec.imageRepository == repository)
        }
    }

    @Test func `certificate names are kept once, addresses in canonical form`() throws {
        let spec = try spec {
            $0.masters = ["10.0.0.1"]
            $0.kubernetes = "v1.34.2"
            $0.certSANs = ["k8s.example.com,*.example.com", "FD00:0::1", "fd00::1", "k8s.example.com"]
        }
        #expect(spec.extraCertSANs == ["k8s.example.com", "*.example.com", "fd00::1"])
    }
}
