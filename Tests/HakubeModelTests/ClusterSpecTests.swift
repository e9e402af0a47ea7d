// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

struct ClusterSpecTests {
    @Test func `one master and a version are enough`() throws {
        let spec = try spec {
            $0.masters = ["10.0.0.1"]
            $0.kubernetes = "v1.34.2"
        }
        #expect(spec.name == "hakube")
        #expect(spec.endpoint.authority == "apiserver.cluster.local:6443")
        #expect(spec.endpoint.vip?.description == "10.103.97.2")
        #expect(spec.endpoint.guardian == .pod)
        #expect(spec.podSubnets.map(\.description) == ["10.244.0.0/16"])
        #expect(spec.serviceSubnets.map(\.description) == ["10.96.0.0/12"])
        #expect(spec.dnsDomain == "cluster.local")
        #expect(spec.proxyMode == .iptables)
        #expect(spec.imageRepository == "registry.k8s.io")
        #expect(spec.extraCertSANs.isEmpty)
        #expect(spec.kubeadmDocuments.isEmpty)
        let master = try #require(spec.masters.first)
        #expect(master.access == SSHAccess())
        #expect(master.name == nil)
        #expect(master.taints == nil)
    }

    @Test func `masters with IPv6 addresses get IPv6 defaults`() throws {
        let spec = try spec {
            $0.masters = ["fd00::1-fd00::3"]
            $0.kubernetes = "v1.34.2"
        }
        #expect(spec.endpoint.vip?.description == "fd00:10:103:97::2")
        #expect(spec.podSubnets.map(\.description) == ["fd00:10:244::/56"])
        #expect(spec.serviceSubnets.map(\.description) == ["fd00:10:96::/112"])
    }

    @Test func `one half of dual stack brings the other`() throws {
        let pods = try spec {
            $0.masters = ["10.0.0.1"]
            $0.kubernetes = "v1.34.2"
            $0.podSubnets = ["10.1.0.0/16", "fd01::/56"]
        }
        #expect(pods.serviceSubnets.map(\.description) == ["10.96.0.0/12", "fd00:10:96::/112"])
        let services = try spec {
            $0.masters = ["fd00::1"]
            $0.kubernetes = "v1.34.2"
            $0.serviceSubnets = ["fd01::/112,10.1.0.0/16"]
        }
        #expect(services.podSubnets.map(\.description) == ["fd00:10:244::/56", "10.244.0.0/16"])
    }

    @Test(arguments: [
        ("v1.22.16", "k8s.gcr.io"), ("v1.22.17", "registry.k8s.io"), ("v1.23.14", "k8s.gcr.io"),
        ("v1.23.15", "registry.k8s.io"), ("v1.24.8", "k8s.gcr.io"), ("v1.24.17", "registry.k8s.io"),
        ("v1.25.0", "registry.k8s.io"), ("v1.21.14", "k8s.gcr.io"),
    ])
    func `the image repository follows the release`(_ release: String, _ repository: String) throws {
        let spec = try spec {
            $0.masters = ["10.0.0.1"]
            $0.kubernetes = release
        }
        #expect(spec.imageRepository == repository)
    }

    @Test func `the image repository is the bundle's unless the user names one`() throws {
        var overrides = InventoryOverrides()
        overrides.masters = ["10.0.0.1"]
        let bundle = BundleManifest(
            kubernetes: "v1.24.8", arches: [.amd64],
            requiredImages: ["r.example:5000/k8s/etcd:3.5.3-0", "r.example:5000/k8s/kube-apiserver:v1.24.8"], files: [],
            images: [])
        func repository() throws -> String {
            try ClusterSpec.make(
                overrides: overrides, bundleKubernetes: bundle.version, bundleRepository: bundle.imageRepository
            ).imageRepository
        }
        #expect(try repository() == "r.example:5000/k8s")
        overrides.imageRepository = "other.example/k8s"
        #expect(try repository() == "other.example/k8s")
    }

    @Test func `flags win over the file`() throws {
        let yaml = """
            cluster: filed
            kubernetes: v1.33.0
            ssh: {user: filed, port: 1, key: filed}
            masters: [10.0.0.1]
            nodes: [10.0.0.2, {address: 10.0.0.3, user: own}]
            endpoint: {name: filed.local, port: 1111, vip: 10.9.0.1, guardian: pod}
            network: {podSubnet: 10.1.0.0/16, serviceSubnet: 10.2.0.0/16, dnsDomain: filed.local, proxyMode: ipvs}
            imageRepository: filed.example.com
            certSANs: [filed.example.com]
            """
        let spec = try spec(yaml: yaml) {
            $0.cluster = "typed"
            $0.kubernetes = "v1.34.2"
            $0.user = "typed"
            $0.port = "2"
            $0.key = "typed"
            $0.masters = ["10.0.1.1", "10.0.1.2-3"]
            $0.endpoint = "typed.local:2222"
            $0.guardian = "systemd"
            $0.vip = "10.9.0.2"
            $0.podSubnets = ["10.3.0.0/16"]
            $0.serviceSubnets = ["10.4.0.0/16"]
            $0.dnsDomain = "typed.local"
            $0.proxyMode = "iptables"
            $0.imageRepository = "typed.example.com"
            $0.certSANs = ["typed.example.com"]
        }
        #expect(spec.name == "typed")
        #expect(spec.kubernetes.description == "v1.34.2")
        #expect(spec.masters.map(\.id.description) == ["10.0.1.1", "10.0.1.2", "10.0.1.3"])
        #expect(spec.nodes.map(\.id.description) == ["10.0.0.2", "10.0.0.3"])
        #expect(spec.nodes.map(\.access.user) == ["typed", "own"])
        #expect(spec.nodes[0].access == SSHAccess(user: "typed", port: 2, keyPath: "typed"))
        #expect(spec.endpoint.authority == "typed.local:2222")
        #expect(spec.endpoint.vip?.description == "10.9.0.2")
        #expect(spec.endpoint.guardian == .systemd)
        #expect(spec.podSubnets.map(\.description) == ["10.3.0.0/16"])
        #expect(spec.serviceSubnets.map(\.description) == ["10.4.0.0/16"])
        #expect(spec.dnsDomain == "typed.local")
        #expect(spec.proxyMode == .iptables)
        #expect(spec.imageRepository == "typed.example.com")
        #expect(spec.extraCertSANs == ["filed.example.com", "typed.example.com"])
    }

    @Test func `the endpoint flag may leave out name or port`() throws {
        func endpoint(_ text: String) throws -> String {
            try spec(yaml: "masters: 10.0.0.1\nkubernetes: v1.34.2\nendpoint: {name: filed.local, port: 1111}") {
                $0.endpoint = text
            }.endpoint.authority
        }
        #expect(try endpoint("typed.local") == "typed.local:1111")
        #expect(try endpoint(":2222") == "filed.local:2222")
    }

    @Test func `an address as the endpoint flag is told as one`() {
        for (flag, address) in [("fd00::1", "fd00::1"), ("10.0.0.5:6443", "10.0.0.5"), ("[fd00::1]:6443", "[fd00::1]")]
        {
            let found = problems {
                $0.masters = ["10.0.0.1"]
                $0.kubernetes = "v1.34.2"
                $0.endpoint = flag
            }
            #expect(
                found == [
                    "--endpoint: the name of the endpoint is the address \(address);"
                        + " write a name such as apiserver.cluster.local, and the address as the VIP if it is meant so"
                ])
        }
    }

    @Test func `flags are named as places`() {
        let found = problems {
            $0.masters = ["10.0.0.1", "10.0.0.1"]
            $0.nodes = ["10.0.0.9-3"]
            $0.user = "a b"
            $0.port = "0"
            $0.key = " "
            $0.dnsDomain = "_"
        }
        #expect(
            found.map { $0.prefix { $0 != ":" } }.sorted() == [
                "--dns-domain", "--key", "--kubernetes", "--masters", "--nodes", "--port", "--user",
            ])
        #expect(found.contains("--masters: 10.0.0.1 is given as a master twice; leave one of them out"))
    }

    @Test func `every problem comes at once, from top to bottom, once each`() {
        let yaml = """
            cluster: Prod
            kubernets: v1.34.2
            masters: [10.0.0.1, 10.0.0.2]
            nodes:
              - {address: 10.0.0.2, name: Worker}
              - 10.0.0.9-3
              - 10.0.0.9-3
            endpoint: {vip: 10.0.0.1}
            network:
              podSubnet: 10.0.0.0/16
              serviceSubnet: 10.0.128.0/17
            kubeadm:
              - kind: KubeletConfiguration
            """
        #expect(
            problems(yaml: yaml) { $0.certSANs = ["a b"] } == [
                "--cert-san: `a b` cannot stand in a certificate; write a DNS name or an IP address without zone or port",
                "c.yaml:1: `Prod` cannot name a cluster; write `prod`",
                "c.yaml:2: an inventory has no key `kubernets`; write `kubernetes`",
                "c.yaml:3: 2 masters survive no more failures than 1, etcd votes by majority; make it 1 or 3 masters",
                "c.yaml:5: `Worker` cannot name a node, Kubernetes takes lower case only; write `worker`",
                "c.yaml:5: 10.0.0.2 is both a master and a node, first at c.yaml:3; keep it as one of them;"
                    + " a master that shall run workloads gets taints: []",
                "c.yaml:6: the range 10.0.0.9-3 ends before it starts; write 10.0.0.3-10.0.0.9",
                "c.yaml:7: the range 10.0.0.9-3 ends before it starts; write 10.0.0.3-10.0.0.9",
                "c.yaml:8: the VIP 10.0.0.1 is the address of a host; choose an address that no machine has (--vip)",
                "c.yaml:8: the VIP 10.0.0.1 lies in the pod subnet 10.0.0.0/16; choose an address outside of it (--vip)",
                "c.yaml:10: the pod subnet 10.0.0.0/16 overlaps the service subnet 10.0.128.0/17;"
                    + " choose blocks that share no address",
                "c.yaml:10: the pod subnet 10.0.0.0/16 covers the address of 10.0.0.1 and 2 more hosts;"
                    + " choose a pod subnet that holds no host (--pod-subnet)",
                "c.yaml:13: a kubeadm document has no apiVersion or no kind;"
                    + " start it with apiVersion and kind, as kubeadm's own files do",
                "c.yaml: no Kubernetes version is given; name a bundle, or write the release as --kubernetes v1.34.2"
                    + " or kubernetes: v1.34.2",
            ])
    }

    @Test func `a sentence that many hosts share comes once`() {
        let found = problems {
            $0.masters = ["10.0.0.1"]
            $0.nodes = ["10.0.0.2-9,10.0.0.2-9"]
            $0.kubernetes = "v1.34.2"
        }
        #expect(Set(found).count == found.count)
        #expect(found.count == 8)
    }
}
