// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

struct ClusterRecordTests {
    private static let yaml = """
        cluster: prod
        kubernetes: v1.34.2
        ssh: {user: admin, key: ~/.ssh/prod}
        masters:
          - 10.0.0.1
          - {address: m2.example.com, internalAddress: 10.0.0.2, user: root, port: 2222, name: second, taints: []}
          - 10.0.0.3
        nodes:
          - {address: 10.0.0.4, labels: {disk: ssd, empty: ""}, taints: ["dedicated=db:NoSchedule", "x:NoExecute"]}
        endpoint: {name: api.prod.example, port: 7443, vip: 10.9.9.9, guardian: systemd}
        network: {podSubnet: [10.1.0.0/16, "fd01::/56"], dnsDomain: prod.local, proxyMode: ipvs}
        imageRepository: registry.example.com:5000/k8s
        certSANs: [api.example.com, 192.0.2.7]
        dns: {replicas: masters, on: masters}
        kubeadm:
          - {apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration, maxPods: 50}
        """
    private let whole: ClusterSpec
    private let names: [HostID: String]

    init() throws {
        whole = try spec(yaml: Self.yaml)
        names = Dictionary(
            uniqueKeysWithValues: whole.hosts.map { ($0.id, "node-\($0.address.description.suffix(1))") })
    }

    @Test func `a specification comes back from its record with the nodes' names and without paths of keys`() throws {
        let back = try ClusterRecord(json: ClusterRecord(spec: whole, nodeNames: names).json()).spec()
        let expected = whole.mappingHosts { host in
            let access = SSHAccess(user: host.access.user, port: host.access.port)
            return Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, access: access, address: host.address,
                name: names[host.id], labels: host.labels, taints: host.taints)
        }
        #expect(back == expected)
        #expect(back.hosts.map(\.name) == ["node-1", "node-2", "node-3", "node-4"])
    }

    @Test func `the cache remembers where the private keys lie, the cluster's copy does not`() throws {
        let record = ClusterRecord(spec: whole, nodeNames: names)
        #expect(try ClusterRecord(json: record.localJSON()) == record)
        #expect(try record.localJSON().contains("~/.ssh/prod"))
        #expect(try !record.json().contains(".ssh"))
    }

    @Test func `a record written twice is the same byte for byte, and ends with a newline`() throws {
        let text = try ClusterRecord(spec: whole, nodeNames: names).json()
        #expect(try ClusterRecord(json: text).json() == text)
        #expect(text.hasSuffix("}\n"))
        let coded = try JSONEncoder().encode(ClusterRecord(spec: whole, nodeNames: names))
        let decoded = try JSONDecoder().decode(ClusterRecord.self, from: coded)
        #expect(try decoded.json() == text)
    }

    @Test func `what the operator says about logging in counts before the record`() throws {
        let record = ClusterRecord(spec: whole, nodeNames: names)
        let login = record.spec(login: SSHAccess(user: "ops", keyPath: "/k"))
        #expect(login.hosts.map(\.access.user) == ["ops", "ops", "ops", "ops"])
        #expect(login.hosts.map(\.access.port) == [nil, 2222, nil, nil])
        #expect(Set(login.hosts.map(\.access.keyPath)) == ["/k"])
    }

    @Test func `a record of a newer hakube is one clear error`() throws {
        let newer = #"{"format": 3, "hakube": "9.1.0", "everything": "else"}"#
        #expect {
            _ = try ClusterRecord(json: newer)
        } throws: { error in
            "\(error)"
                == "the cluster's record has format 3, written by hakube 9.1.0, and this hakube \(HakubeVersion.current) "
                + "knows formats up to 2; use a hakube as new as that one"
        }
    }

    @Test func `a record tells which labels hakube found, and one without new keys reads as before`() throws {
        let found = whole.with(
            masters: whole.masters, nodes: whole.nodes, adopted: [HostID("10.0.0.4"), HostID("gone")])
        let text = try ClusterRecord(spec: found).json()
        #expect(text.contains("\"adopted\" : true"))
        #expect(try ClusterRecord(json: text).spec().adopted == [HostID("10.0.0.4")])
        let plain = try spec(yaml: "kubernetes: v1.34.2\nmasters: [10.0.0.1]\n")
        let old = try ClusterRecord(spec: plain).json()
        for key in ["adopted", "dns\" "] { #expect(!old.contains("\"\(key)"), "\(key)") }
        #expect(try ClusterRecord(json: old).spec() == plain)
    }

    @Test func `keys that a later hakube adds do no harm`() throws {
        let text = try ClusterRecord(spec: whole).json().replacing(
            "\"format\" : 1", with: "\"format\" : 1, \"new\" : []")
        #expect(try ClusterRecord(json: text).spec().name == "prod")
    }

    private static func etcdSpec(_ etcd: String) throws -> ClusterSpec {
        let yaml = "kubernetes: v1.34.2\nmasters: [10.0.0.1-2]\nnodes: [10.0.0.9]\n" + etcd
        var inventory = Inventory(yaml: yaml, file: "c.yaml")
        inventory.files = [
            "ca": "-----BEGIN CERTIFICATE-----\nca\n", "cert": "-----BEGIN CERTIFICATE-----\nclient\n",
            "key": "-----BEGIN PRIVATE KEY-----\nhidden\n",
        ]
        return try ClusterSpec.make(inventory: inventory)
    }

    @Test func `hosts of etcd's own come back with their role`() throws {
        let made = try Self.etcdSpec("etcd: {hosts: [10.0.0.21-22, {address: 10.0.0.23, name: third}]}")
        let json = try ClusterRecord(spec: made).json()
        #expect(json.contains("\"format\" : 2"))
        let back = try ClusterRecord(json: json).spec()
        #expect(back == made)
        #expect(back.etcd.hosts.map(\.role) == [.etcd, .etcd, .etcd] && back.etcd.hosts[2].name == "third")
    }

    @Test func `of an etcd that somebody else runs the record has the endpoints and nothing of the files`() throws {
        let made = try Self.etcdSpec("etcd: {endpoints: [\"https://10.0.0.21:2379\"], ca: ca, cert: cert, key: key}")
        let record = ClusterRecord(spec: made)
        for json in try [record.json(), record.localJSON()] {
            #expect(json.contains("https://10.0.0.21:2379") && json.contains("\"format\" : 2"))
            #expect(!json.contains("hidden") && !json.contains("CERTIFICATE"))
        }
        let back = try ClusterRecord(json: record.json()).spec()
        #expect(back.etcd == .external(ExternalEtcd(endpoints: [EtcdEndpoint(host: "10.0.0.21")])))
        #expect(record.spec() == back, "not even the record in memory has them")
    }

    @Test func `a cluster with etcd on its masters is written as before, so that an older hakube reads it`() throws {
        let json = try ClusterRecord(spec: whole).json()
        #expect(json.contains("\"format\" : 1") && !json.contains("etcd"))
    }

    @Test(arguments: [
        ("\"vip\" : \"10.9.9.9\"", "\"vip\" : \"10.9.9\"", "`endpoint.vip` is `10.9.9`"),
        ("\"role\" : \"master\"", "\"role\" : \"node\"", "it has no master"),
        ("\"id\" : \"10.0.0.3\"", "\"id\" : \"10.0.0.1\"", "a host stands in it twice"),
        ("\"replicas\" : \"masters\"", "\"replicas\" : \"0\"", "`dns.replicas` is `0`"),
        ("\"effect\" : \"NoExecute\"", "\"effect\" : \"Never\"", "`taints.effect` is `Never`"),
        ("\"cluster\" :", "\"klaster\" :", "`cluster` is missing"),
        ("\"port\" : 7443", "\"port\" : \"many\"", "`endpoint.port` has the wrong form"),
        ("{", "", "it is no JSON object with a format number"),
    ])
    func `a damaged record says what is wrong with it`(_ part: String, _ change: String, _ reason: String) throws {
        let text = try ClusterRecord(spec: whole).json()
        #expect(text.contains(part))
        #expect {
            _ = try ClusterRecord(json: text.replacing(part, with: change))
        } throws: { error in
            "\(error)"
                == "the cluster's record cannot be read: \(reason); rebuild it with 'hakube adopt --from ADDRESS'"
        }
    }
}
