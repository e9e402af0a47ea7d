// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import FoundationEssentials
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubeCLI

struct AdoptionTests {
    private static let kubeadm = """
        apiServer:
          certSANs: [127.0.0.1, localhost, api.prod.example, 10.0.0.1, 10.7.7.7, extra.example.com]
        clusterName: prod
        controlPlaneEndpoint: api.prod.example:7443
        imageRepository: registry.example.com/k8s
        kubernetesVersion: v1.34.2
        networking: {dnsDomain: prod.local, podSubnet: "10.1.0.0/16,fd01::/56", serviceSubnet: "10.2.0.0/16,fd02::/112"}
        """
    private static let nodes = """
        {"items": [
          {"metadata": {"name": "m1", "labels": {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/os": "linux"}},
           "spec": {"taints": [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]},
           "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": "m1"}]}},
          {"metadata": {"name": "w1", "labels": {"disk": "ssd", "beta.kubernetes.io/arch": "amd64"}},
           "spec": {"taints": [{"key": "dedicated", "value": "db", "effect": "NoExecute"},
                               {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule"}]},
           "status": {"addresses": [{"type": "InternalIP", "address": "10.0.1.1"}]}}
        ]}
        """

    private func adoption(
        kubeadm: String = kubeadm, record: String? = nil, clues: [String: [(String, String)]] = [:], vip: String? = nil,
        from: String = "10.0.0.1"
    ) throws -> Adoption {
        let output = StatusFixture.encoded([
            ("nodes", Self.nodes), ("kubeadm", kubeadm), ("proxy", "mode: ipvs\n"), ("record", record ?? ""),
            ("hostname", "m1\n"), ("end", "yes"),
        ])
        let host = Host(
            id: HostID(from), role: .master, sshAddress: from,
            access: SSHAccess(user: "ops", port: 2222, keyPath: "/k"),
            address: IPAddress(family: .v4, value: 0))
        return Adoption(
            answer: try #require(ClusterAnswer(output)), from: host, login: SSHAccess(keyPath: "/k"),
            clues: clues.compactMapValues { HostClues(StatusFixture.encoded($0 + [("end", "yes")])) },
            vip: vip.flatMap { IPAddress($0) })
    }

    private func block(_ address: String) -> (String, String) {
        ("hosts", "::1 localhost\n# hakube begin mine\n\(address) api.prod.example\n# hakube end mine\n")
    }

    @Test(arguments: [
        (#"{external: {endpoints: ["https://10.9.0.1:2379", "https://e.example.com:2379"], caFile: /ca}}"#, 2),
        ("{local: {dataDir: /var/lib/etcd}}", 0), ("{external: {endpoints: []}}", 0),
    ])
    func `an etcd that is not on the masters is somebody else's`(etcd: String, count: Int) throws {
        let guardian = ("guardian", #"{"virtual": "10.103.97.2:7443", "real": []}"#)
        let spec = try adoption(
            kubeadm: Self.kubeadm + "\netcd: \(etcd)",
            clues: ["m1": [block("10.0.0.1")], "w1": [block("10.103.97.2"), guardian, ("unit", "yes")]]
        ).result().spec
        #expect(spec.etcdTopology.endpoints?.count ?? 0 == count)
        #expect(spec.etcd.isExternal == (count > 0))
    }

    @Test func `a cluster without a record is known from itself`() throws {
        let guardian = ("guardian", #"{"virtual": "10.103.97.2:7443", "real": []}"#)
        let adopted = try adoption(
            clues: ["m1": [block("10.0.0.1")], "w1": [block("10.103.97.2"), guardian, ("unit", "yes")]]
        ).result()
        let spec = adopted.spec
        #expect(spec.name == "mine")
        #expect(spec.kubernetes.description == "v1.34.2")
        #expect(spec.endpoint.authority == "api.prod.example:7443")
        #expect(spec.endpoint.vip?.description == "10.103.97.2")
        #expect(spec.endpoint.guardian == .systemd)
        #expect(spec.podSubnets.map(\.description) == ["10.1.0.0/16", "fd01::/56"])
        #expect(spec.serviceSubnets.map(\.description) == ["10.2.0.0/16", "fd02::/112"])
        #expect(spec.dnsDomain == "prod.local")
        #expect(spec.imageRepository == "registry.example.com/k8s")
        #expect(spec.extraCertSANs == ["10.7.7.7", "extra.example.com"])
        #expect(spec.proxyMode == .ipvs)
        let (master, worker) = (try #require(spec.masters.first), try #require(spec.nodes.first))
        #expect(master.name == "m1")
        #expect(master.access == SSHAccess(user: "ops", port: 2222, keyPath: "/k"))
        #expect(master.taints == nil)
        #expect(master.labels.isEmpty)
        #expect(worker.access == SSHAccess(user: "ops", keyPath: "/k"))
        #expect(worker.labels == ["disk": "ssd"])
        #expect(worker.taints == [Taint(key: "dedicated", value: "db", effect: .noExecute)])
        #expect(spec.adopted == Set(spec.hosts.map(\.id)), "what stands on nodes was found there")
        #expect(adopted.notes.count == 1)
    }

    @Test func `the VIP is the guardian's, else the name's on a worker, else the odd address of the certificate`()
        throws
    {
        #expect(try adoption(clues: ["w1": [block("10.8.8.8")]]).result().spec.endpoint.vip?.description == "10.8.8.8")
        #expect(try adoption().result().spec.endpoint.vip?.description == "10.7.7.7")
        #expect(try adoption().result().spec.name == "prod")
        #expect(try adoption(vip: "10.6.6.6").result().spec.endpoint.vip?.description == "10.6.6.6")
        let refusal = #expect(throws: PreflightError.self) {
            try adoption(kubeadm: Self.kubeadm.replacing("10.7.7.7, ", with: "")).result()
        }
        #expect(
            refusal?.problems.map(\.description) == [
                "10.0.0.1: nothing says which address means the API server on workers; say it with --vip ADDRESS"
            ])
    }

    @Test(arguments: [
        ("api.prod.example:7443", "10.0.0.1:6443", "the cluster's endpoint 10.0.0.1:6443 is not a DNS name"),
        ("controlPlaneEndpoint", "noEndpoint", "the cluster has no controlPlaneEndpoint"),
        ("kubernetesVersion", "noVersion", "kubeadm-config names no release"),
        ("podSubnet", "noSubnet", "kubeadm-config names no pod subnet"),
    ])
    func `what cannot be known is one sentence`(_ part: String, _ change: String, _ message: String) {
        let refusal = #expect(throws: PreflightError.self) {
            try adoption(kubeadm: Self.kubeadm.replacing(part, with: change), vip: "10.6.6.6").result()
        }
        #expect(refusal?.problems.map(\.message) == [message])
    }

    @Test func `a cluster that kubeadm did not make is not adopted`() {
        let refusal = #expect(throws: PreflightError.self) { try adoption(kubeadm: "").result() }
        #expect(refusal?.problems.first?.message.contains("kubeadm did not make it") == true)
    }

    @Test func `a record is compared with the cluster, and gains what it lacked`() throws {
        let record = try ClusterSourceFixture.record(masters: ["10.0.0.1"])
        let standing = record.spec().mappingHosts { host in
            Host(
                id: host.id, role: host.role, sshAddress: host.sshAddress, address: host.address, name: "old-\(host.id)"
            )
        }
        let text = try ClusterRecord(spec: standing).json().replacing("10.0.1.1", with: "10.0.1.7")
        let adopted = try adoption(record: text).result()
        #expect(adopted.spec.nodes.map(\.id.description) == ["10.0.1.7", "10.0.1.1"])
        #expect(adopted.spec.adopted == [HostID("10.0.1.1")])
        #expect(
            adopted.notes == [
                "the cluster has the node w1 (10.0.1.1), which the record lacked; it is in it now",
                "the record has 10.0.1.7, and the cluster has no node of it; it stays: join it again, "
                    + "or take it out with 'hakube clean'",
            ])
    }

    @Test func `the record is written to the cluster, to the masters and to the cache, and nothing else is`()
        async throws
    {
        let fixture = try ClusterSourceFixture()
        let nodes = Self.nodes
        let hosts = FakeHosts(rules: [
            { host, script in
                if script.text == RecordAnswer.question.text {
                    return ScriptOutput(status: 0, out: "master yes\napi yes\nsecret \nend yes\n")
                }
                if script.text == ClusterQuestion().script.text {
                    return StatusFixture.encoded([
                        ("nodes", nodes), ("kubeadm", Self.kubeadm), ("hostname", "m1\n"), ("end", "yes"),
                    ])
                }
                if script.text == HostClues.question.text, host == HostID("10.0.1.1") {
                    throw ClusterSourceFixture.unreachable
                }
                return script.text == HostClues.question.text ? StatusFixture.encoded([("end", "yes")]) : nil
            }
        ])
        let from = Host(
            id: HostID("10.0.0.1"), role: .master, sshAddress: "10.0.0.1", address: IPAddress(family: .v4, value: 0))
        let run = try AdoptRun(
            from: from, login: SSHAccess(), vip: nil, connection: ConnectionOptions.parse([]), home: fixture.home,
            connector: hosts)
        let adopted = try await run.adoption()
        #expect(adopted.notes.contains("could not be asked: w1"))
        let places = try await run.keep(adopted.spec)
        let record = try ClusterRecord(spec: adopted.spec).json()
        #expect(places.masters == [from.id])
        #expect(places.secretIsNew)
        #expect(hosts[from.id, ClusterRecord.path] == FakeHosts.File(record, mode: 0o600))
        let secret = try #require(hosts.scripts(on: from.id).last { $0.contains("kind: Secret") })
        #expect(secret.contains("cluster.json: \(Data(record.utf8).base64EncodedString())\n"))
        #expect(try fixture.cached("prod") == adopted.spec)
        let writes = hosts.acts.compactMap { act in if case .write(_, let path) = act { path } else { nil } }
        #expect(writes == [ClusterRecord.path])
    }
}
