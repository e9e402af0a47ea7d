// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct NetworkProblemTests {
    private static func network(_ line: String, _ sentences: String...) -> InventoryCase {
        InventoryCase(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nnetwork:\n  " + line,
            sentences: sentences.map { "c.yaml:4: \($0)" })
    }

    @Test(arguments: [
        network(
            "podSubnet: 10.1.0.0",
            "the pod subnet `10.1.0.0` is not a block of addresses; write it as 10.244.0.0/16 or fd00:10:244::/56"),
        network(
            "podSubnet: 10.1.2.0/16",
            "the pod subnet `10.1.2.0/16` is not a block of addresses; the address has bits behind /16, write 10.1.0.0/16"
        ),
        network(
            "podSubnet: 10.1.0.0/33",
            "the pod subnet `10.1.0.0/33` is not a block of addresses; write it as 10.244.0.0/16 or fd00:10:244::/56"),
        network(
            "podSubnet: '10.1.0.0/16,'",
            "the pod subnet `` is not a block of addresses; write it as 10.244.0.0/16 or fd00:10:244::/56"),
        network(
            "podSubnet: 'fd00::%1/64'",
            "the pod subnet `fd00::%1/64` is not a block of addresses; write it as 10.244.0.0/16 or fd00:10:244::/56"),
        network(
            "serviceSubnet: x",
            "the service subnet `x` is not a block of addresses; write it as 10.244.0.0/16 or fd00:10:244::/56"),
        network(
            "podSubnet: 10.1.0.0/16,10.2.0.0/16",
            "10.1.0.0/16 and 10.2.0.0/16 are two pod subnets of IPv4; write one block, or one of each family for dual stack"
        ),
    ])
    func `a block has to read as one`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        network(
            "podSubnet: 100.0.0.0/7",
            "the pod subnet 100.0.0.0/7 is larger than kubeadm takes with /24 a node; write a prefix length of /8 or more"
        ),
        network(
            "podSubnet: 10.1.0.0/25",
            "the pod subnet 10.1.0.0/25 has room for 0 nodes with /24 each, not for 1; write a prefix length of /24 or less"
        ),
        network(
            "podSubnet: 10.1.0.0/23\nnodes: 10.0.0.2-5",
            "the pod subnet 10.1.0.0/23 has room for 2 nodes with /24 each, not for 5; write a prefix length of /21 or less"
        ),
        network(
            "serviceSubnet: 10.96.0.0/11",
            "the service subnet 10.96.0.0/11 is larger than Kubernetes takes; write a prefix length of /12 or more"),
        network(
            "serviceSubnet: 10.1.0.0/29",
            "the service subnet 10.1.0.0/29 is too small for the cluster's own services; write a prefix length of /28 or less"
        ),
        network("podSubnet: 10.1.0.0/24"),
        network("serviceSubnet: 10.1.0.0/28"),
    ])
    func `a block is neither too large nor too small`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test func `IPv6 blocks have limits of their own`() {
        func found(pods: String, services: String) -> [String] {
            problems {
                $0.masters = ["fd00::1"]
                $0.kubernetes = "v1.34.2"
                $0.podSubnets = [pods]
                $0.serviceSubnets = [services]
            }
        }
        #expect(found(pods: "fd01::/48", services: "fd02::/108") == [])
        #expect(
            found(pods: "fd01::/47", services: "fd02::/107") == [
                "--pod-subnet: the pod subnet fd01::/47 is larger than kubeadm takes with /64 a node; write a prefix length of /48 or more",
                "--service-subnet: the service subnet fd02::/107 is larger than Kubernetes takes; write a prefix length of /108 or more",
            ])
        #expect(
            found(pods: "fd01::/65", services: "fd02::/125") == [
                "--pod-subnet: the pod subnet fd01::/65 has room for 0 nodes with /64 each, not for 1; write a prefix length of /64 or less",
                "--service-subnet: the service subnet fd02::/125 is too small for the cluster's own services; write a prefix length of /124 or less",
            ])
    }

    @Test func `the user's own block size per node counts`() {
        func yaml(_ arguments: String) -> String {
            """
            kubernetes: v1.30.1
            masters: 10.0.0.1
            network: {podSubnet: 10.1.0.0/25}
            kubeadm:
              - apiVersion: kubeadm.k8s.io/v1beta3
                kind: ClusterConfiguration
                controllerManager: {extraArgs: {\(arguments)}}
            """
        }
        #expect(problems(yaml: yaml("node-cidr-mask-size: '26'")) == [])
        #expect(problems(yaml: yaml("node-cidr-mask-size-ipv4: '25'")) == [])
        #expect(problems(yaml: yaml("allocate-node-cidrs: 'false'")) == [])
        #expect(problems(yaml: yaml("node-cidr-mask-size-ipv6: '80'")).count == 1)
        #expect(problems(yaml: yaml("node-cidr-mask-size: '\(Int.min)'")).count == 1)
    }

    @Test(arguments: [
        network(
            "podSubnet: 10.96.0.0/16",
            "the pod subnet 10.96.0.0/16 overlaps the service subnet 10.96.0.0/12 (the default); choose blocks that share no address"
        ),
        network(
            "serviceSubnet: 10.244.0.0/20",
            "the pod subnet 10.244.0.0/16 (the default) overlaps the service subnet 10.244.0.0/20; choose blocks that share no address"
        ),
        network(
            "podSubnet: 10.0.0.0/16",
            "the pod subnet 10.0.0.0/16 covers the address of 10.0.0.1; choose a pod subnet that holds no host (--pod-subnet)"
        ),
        network(
            "serviceSubnet: 10.0.0.0/16\nnodes: 10.0.0.2-4",
            "the service subnet 10.0.0.0/16 covers the address of 10.0.0.1 and 3 more hosts; choose a service subnet that holds no host (--service-subnet)"
        ),
        InventoryCase.after(
            "nodes: [10.244.0.5]",
            "c.yaml:3: the pod subnet 10.244.0.0/16 (the default) covers the address of 10.244.0.5; choose a pod subnet that holds no host (--pod-subnet)"
        ),
    ])
    func `blocks share no address with each other or with hosts`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test(arguments: [
        network(
            "podSubnet: fd01::/56\n  serviceSubnet: 10.96.0.0/12",
            "the first pod subnet fd01::/56 is IPv6, but the hosts are IPv4; put an IPv4 block first"),
        InventoryCase.after(
            "network:\n  podSubnet: 10.1.0.0/16\n  serviceSubnet: fd01::/112",
            "c.yaml:5: the first service subnet fd01::/112 is IPv6, but the hosts are IPv4; put an IPv4 block first"),
        .after(
            "network:\n  podSubnet: 10.1.0.0/16,fd01::/56\n  serviceSubnet: 10.2.0.0/16",
            "c.yaml:5: the pod subnets are dual stack, but 10.2.0.0/16 is the only service subnet; write an IPv4 and an IPv6 block for both"
        ),
        .after(
            "network:\n  podSubnet: 10.1.0.0/16\n  serviceSubnet: 10.2.0.0/16,fd01::/112",
            "c.yaml:4: the service subnets are dual stack, but 10.1.0.0/16 is the only pod subnet; write an IPv4 and an IPv6 block for both"
        ),
        .whole(
            "kubernetes: v1.15.12\nmasters: 10.0.0.1\nnetwork: {podSubnet: '10.1.0.0/16,fd01::/56'}",
            "c.yaml:3: Kubernetes v1.15.12 knows no dual stack, it came with v1.16; write one pod subnet"),
    ])
    func `families of blocks and hosts agree`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    private static func vip(_ text: String, _ sentences: String...) -> InventoryCase {
        InventoryCase(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nnetwork: {serviceSubnet: 10.96.0.0/16}\nendpoint:\n  vip: "
                + text, sentences: sentences.map { "c.yaml:5: \($0)" })
    }

    @Test(arguments: [
        vip("10.0.0.1", "the VIP 10.0.0.1 is the address of a host; choose an address that no machine has (--vip)"),
        vip(
            "10.244.7.7",
            "the VIP 10.244.7.7 lies in the pod subnet 10.244.0.0/16 (the default); choose an address outside of it (--vip)"
        ),
        vip(
            "10.96.0.1",
            "the VIP 10.96.0.1 lies in the service subnet 10.96.0.0/16, among the addresses of the cluster's own services; choose an address outside of it (--vip)"
        ),
        vip(
            "10.96.0.10",
            "the VIP 10.96.0.10 lies in the service subnet 10.96.0.0/16, among the addresses of the cluster's own services; choose an address outside of it (--vip)"
        ),
        vip("fd00::5", "the VIP fd00::5 is IPv6, but the hosts are IPv4; choose an IPv4 address"),
        vip("10.9.9", "the VIP `10.9.9` is not an IP address; write one address, without port or prefix length"),
        vip(
            "10.9.9.9/32",
            "the VIP `10.9.9.9/32` is not an IP address; write one address, without port or prefix length"),
        vip(
            "fe80::1%eth0",
            "the VIP fe80::1%eth0 has a zone, which means something on one machine only; write a global or unique local address instead"
        ),
        vip("127.0.0.5", "the VIP 127.0.0.5 is a loopback address; choose a global or private unicast address"),
        vip("10.96.0.11"),
    ])
    func `the VIP is an address that nobody else has`(_ example: InventoryCase) {
        #expect(example.found == example.sentences)
    }

    @Test func `the VIP stays out of a small service subnet, and of any in nftables mode`() {
        func found(_ services: String, _ mode: String) -> [String] {
            problems {
                $0.masters = ["10.0.0.1"]
                $0.kubernetes = "v1.34.2"
                $0.serviceSubnets = [services]
                $0.proxyMode = mode
            }
        }
        #expect(found("10.96.0.0/12", "ipvs") == [])
        #expect(
            found("10.103.0.0/17", "iptables") == [
                "--service-subnet: the VIP 10.103.97.2 lies in the service subnet 10.103.0.0/17, small enough that a Service may get it; choose an address outside of it (--vip)"
            ])
        #expect(
            found("10.96.0.0/12", "nftables") == [
                "--service-subnet: the VIP 10.103.97.2 lies in the service subnet 10.96.0.0/12, where kube-proxy in nftables mode rejects it; choose an address outside of it (--vip)"
            ])
        let defaults = problems {
            $0.masters = ["10.0.0.1"]
            $0.kubernetes = "v1.34.2"
            $0.proxyMode = "nftables"
        }
        #expect(
            defaults == [
                "--proxy-mode: the VIP 10.103.97.2 lies in the service subnet 10.96.0.0/12 (the default), where kube-proxy in nftables mode rejects it; choose an address outside of it (--vip)"
            ])
    }

    @Test func `the default VIP may be taken by a host`() {
        let found = problems {
            $0.masters = ["10.103.97.2"]
            $0.kubernetes = "v1.34.2"
            $0.serviceSubnets = ["10.1.0.0/16"]
        }
        #expect(
            found == [
                "--masters: the VIP 10.103.97.2 is the address of a host; choose an address that no machine has (--vip)"
            ])
    }
}
