// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing

/// Where etcd is: what may be written, and what is said of the rest.
struct EtcdProblemTests {
    @Test(arguments: [
        InventoryCase.after(
            "etcd: {}",
            "c.yaml:3: `etcd` names neither hosts nor endpoints; write hosts: [10.0.0.21-23], or endpoints, ca, cert and key of an etcd that runs already"
        ),
        .after(
            "etcd: {hosts: []}",
            "c.yaml:3: `hosts` of etcd is empty; list an odd number of hosts, or take `etcd` out"),
        .after(
            "etcd: external",
            "c.yaml:3: `etcd` is a single value here, not a map; write it as key: value lines with hosts, endpoints, ca, cert, key",
            "c.yaml:3: `etcd` names neither hosts nor endpoints; write hosts: [10.0.0.21-23], or endpoints, ca, cert and key of an etcd that runs already"
        ),
        .after(
            "etcd: {hosts: [10.0.0.21-22]}",
            "c.yaml:3: 2 etcd hosts survive no more failures than 1, etcd votes by majority; make it 1 or 3 etcd hosts"),
        .after(
            "etcd:\n  hosts: [10.0.0.21]\n  endpoints: [https://10.0.0.21:2379]\n  key: k",
            "c.yaml:5: `endpoints` belongs to an etcd that somebody else runs, and `hosts` are hakube's; keep one of the two",
            "c.yaml:6: `key` belongs to an etcd that somebody else runs, and `hosts` are hakube's; keep one of the two"),
        .after(
            "etcd: {hosts: [10.0.0.1]}",
            "c.yaml:3: 10.0.0.1 is both a master and an etcd host, first at c.yaml:2; keep it as one of them; without `etcd` each master runs a member of etcd"
        ),
        .after(
            "nodes: [10.0.0.9]\netcd: {hosts: [10.0.0.9]}",
            "c.yaml:4: 10.0.0.9 is both a node and an etcd host, first at c.yaml:3; keep it as one of them; without `etcd` each master runs a member of etcd"
        ),
        .after(
            "etcd: {hosts: [10.0.0.21, 10.0.0.21, 10.0.0.22]}",
            "c.yaml:3: 2 etcd hosts survive no more failures than 1, etcd votes by majority; make it 1 or 3 etcd hosts",
            "c.yaml:3: 10.0.0.21 is given as an etcd host twice; leave one of them out"),
        .after(
            "etcd:\n  hosts:\n    - address: 10.0.0.21\n      labels: {a: b}\n      taints: [a:NoSchedule]",
            "c.yaml:6: an etcd host is no node, and has no labels; take `labels` out",
            "c.yaml:7: an etcd host is no node, and has no taints; take `taints` out"),
        .after(
            "etcd: {hosts: [10.244.0.7]}",
            "c.yaml:3: the pod subnet 10.244.0.0/16 (the default) covers the address of 10.244.0.7; choose a pod subnet that holds no host (--pod-subnet)"
        ),
        .after(
            "etcd: {hosts: [\"fd00::1\"]}",
            "c.yaml:3: fd00::1 is IPv6, but 10.0.0.1 is IPv4; use one family for all hosts, with internalAddress where ssh needs the other"
        ),
        .after(
            "etcd: {nodes: [10.0.0.21]}",
            "c.yaml:3: `etcd` has no key `nodes`; `nodes` belongs at the left margin, outside `etcd`",
            "c.yaml:3: `etcd` names neither hosts nor endpoints; write hosts: [10.0.0.21-23], or endpoints, ca, cert and key of an etcd that runs already"
        ),
    ])
    func `what cannot be right is refused with its line`(wrong: InventoryCase) {
        #expect(wrong.found == wrong.sentences)
    }

    private static let certificate = "-----BEGIN CERTIFICATE-----\n"
    private static let files = [
        "ca": certificate, "cert": certificate, "key": "-----BEGIN EC PRIVATE KEY-----\nhidden\n",
    ]

    private func make(_ etcd: String, masters: String = "10.0.0.1", files: [String: String] = files) -> Result<
        ClusterSpec, InventoryError
    > {
        let yaml = "kubernetes: v1.34.2\nmasters: [\(masters)]\netcd:\n  ca: ca\n  cert: cert\n  key: key\n  \(etcd)"
        var inventory = Inventory(yaml: yaml, file: "c.yaml")
        inventory.files = files
        do throws(InventoryError) { return .success(try ClusterSpec.make(inventory: inventory)) } catch {
            return .failure(error)
        }
    }

    private func problems(_ etcd: String, files: [String: String] = files) -> [String] {
        guard case .failure(let error) = make(etcd, files: files) else { return [] }
        return error.problems.map(\.description)
    }

    @Test(arguments: [
        ("http://10.0.0.21:2379", "write https://, and let etcd speak TLS: it holds every Secret of the cluster"),
        ("10.0.0.21:2379", "write it as https://10.0.0.21:2379"),
        ("https://10.0.0.21", "write it as https://10.0.0.21:2379"),
        ("https://10.0.0.21:2379/v3", "write it as https://10.0.0.21:2379"),
        ("https://me@10.0.0.21:2379", "write it as https://10.0.0.21:2379"),
        ("https://10.0.0.300:2379", "write it as https://10.0.0.21:2379"),
        ("https://fd00::1:2379", "write it as https://10.0.0.21:2379"),
        ("https://[10.0.0.21]:2379", "write it as https://10.0.0.21:2379"),
    ])
    func `what is no endpoint is refused`(text: String, remedy: String) {
        #expect(problems("endpoints: [\"\(text)\"]") == ["c.yaml:7: `\(text)` is no endpoint of etcd's; \(remedy)"])
    }

    @Test func `endpoints may be names and IPv6, each once, and any that hosts can reach`() throws {
        let spec = try make(
            "endpoints: [\"https://etcd-1.example.com:2379/\", \"https://[fd00:0::21]:12379\"]"
        ).get()
        guard case .external(let etcd) = spec.etcd else { return #expect(Bool(false)) }
        #expect(etcd.endpoints.map(\.description) == ["https://etcd-1.example.com:2379", "https://[fd00::21]:12379"])
        #expect(
            problems("endpoints: [\"https://10.0.0.21:2379\", \"https://10.0.0.21:2379/\"]") == [
                "c.yaml:7: the endpoint https://10.0.0.21:2379 stands twice; leave one of them out"
            ])
        #expect(
            problems("endpoints: [\"https://127.0.0.1:2379\"]") == [
                "c.yaml:7: the endpoint https://127.0.0.1:2379 is a loopback address; write an address that every master can reach"
            ])
    }

    @Test func `all three files have to be there and to be what they are named for`() {
        let endpoint = "endpoints: [\"https://10.0.0.21:2379\"]"
        #expect(
            problems(endpoint, files: ["ca": "rubbish", "key": Self.certificate]) == [
                "c.yaml:4: the file ca holds no certificate in PEM; name the right file for `ca`",
                "c.yaml:5: the file cert could not be read; check the path; it is on this machine",
                "c.yaml:6: the file key holds no private key in PEM; name the right file for `key`",
            ])
        var both = Self.files
        both["cert"] = Self.certificate + "-----BEGIN PRIVATE KEY-----\n"
        both["key"] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        #expect(
            problems(endpoint, files: both) == [
                "c.yaml:5: the file cert holds a private key as well; name a file with certificates only; the client's key has its own, `key`",
                "c.yaml:6: the private key key has a passphrase, and API servers know none; write it without one: 'openssl pkey -in key -out client.key'",
            ])
        #expect(
            InventoryCase.after(
                "etcd: {endpoints: [\"https://10.0.0.21:2379\"]}",
                "c.yaml:3: `etcd` has endpoints and no `ca`; name the file: etcd lets in only who shows a certificate that it knows",
                "c.yaml:3: `etcd` has endpoints and no `cert`; name the file: etcd lets in only who shows a certificate that it knows",
                "c.yaml:3: `etcd` has endpoints and no `key`; name the file: etcd lets in only who shows a certificate that it knows"
            ).isRight)
    }

    @Test func `any number of masters will do where etcd votes elsewhere`() throws {
        let spec = try make("endpoints: [\"https://10.0.0.21:2379\"]", masters: "10.0.0.1-2").get()
        #expect(spec.masters.count == 2)
        let hosts = try HakubeModelTests.spec(
            yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1-2]\netcd: {hosts: [10.0.0.21]}")
        #expect(hosts.etcd.hosts.map(\.role) == [.etcd])
        #expect(hosts.hosts.map(\.id.description) == ["10.0.0.1", "10.0.0.2", "10.0.0.21"])
        #expect(hosts.kubernetesHosts.count == 2)
    }

    @Test func `the client's key shows in no description of a specification`() throws {
        let spec = try make("endpoints: [\"https://10.0.0.21:2379\"]").get()
        var text = ""
        dump(spec, to: &text)
        #expect(!text.contains("hidden") && !"\(spec)".contains("hidden") && text.contains("10.0.0.21"))
    }

    @Test func `kubeadm's local etcd has no meaning where somebody else runs it`() {
        let document =
            "kubeadm: {apiVersion: kubeadm.k8s.io/v1beta4, kind: ClusterConfiguration, etcd: {local: {dataDir: /x}}}"
        let endpoint = "endpoints: [\"https://10.0.0.21:2379\"]\n"
        #expect(
            problems(endpoint + document) == [
                "c.yaml:8: `etcd.local` of ClusterConfiguration is about an etcd of kubeadm's, and there is none; take it out"
            ])
        #expect(
            HakubeModelTests.problems(
                yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\netcd: {hosts: [10.0.0.21]}\n" + document
            ).isEmpty)
    }

    @Test func `a flag names hosts, and counts before the file`() throws {
        let made = try spec(yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\netcd: {hosts: [10.0.0.21]}") {
            $0.etcd = ["10.0.0.31-32", "root@10.0.0.33:2222"]
        }
        #expect(made.etcd.hosts.map(\.id.description) == ["10.0.0.31", "10.0.0.32", "10.0.0.33"])
        #expect(made.etcd.hosts[2].access.port == 2222)
    }

    @Test func `pods need room on masters and nodes alone`() {
        let network = "kubernetes: v1.34.2\nmasters: [10.0.0.1]\nnodes: [10.0.0.2]\nnetwork: {podSubnet: 10.9.0.0/23}\n"
        #expect(HakubeModelTests.problems(yaml: network + "etcd: {hosts: [10.0.0.21-23]}").isEmpty)
    }
}

extension InventoryCase {
    fileprivate var isRight: Bool { found == sentences }
}
