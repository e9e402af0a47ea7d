// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

/// What lands on hosts where etcd is not on the masters, for each release at which the rules change.
@Suite struct EtcdGoldenTests {
    private static let document = """
        apiVersion: kubeadm.k8s.io/API
        kind: ClusterConfiguration
        apiServer:
          timeoutForControlPlane: 5m0s
        etcd:
          local:
            dataDir: /data/etcd
        """

    private func files(_ etcd: Etcd, _ version: String, documents: [String] = []) throws -> [RenderedFiles.File] {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2"], nodes: ["10.0.0.4"], kubernetes: version, documents: documents,
            etcd: etcd)
        return RenderedFiles(try Planner(.assumingFresh(spec, bundle: nil, parallel: 16)).initialisation()).files
    }

    private func expect(
        _ files: [RenderedFiles.File], _ shown: [(host: String, path: String, mode: Int)], in golden: GoldenFolder
    ) throws {
        for (host, path, mode) in shown {
            let file = try #require(files.first { $0.host == HostID(host) && $0.path == path }, "\(host) \(path)")
            #expect(file.mode == mode, "\(path)")
            try golden.expect(file.text, is: "\(host).\(path.split(separator: "/").last ?? "")")
        }
    }

    @Test(arguments: KubeadmGoldenTests.versions)
    func `files of an etcd on hosts of its own are what they were`(version: String) throws {
        let etcd = try SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22", "10.0.0.23"])
        try expect(
            files(etcd, version),
            [
                ("10.0.0.21", "/etc/hakube/kubeadm-etcd.yaml", 0o600),
                ("10.0.0.22", "/etc/hakube/kubeadm-etcd.yaml", 0o600),
                ("10.0.0.21", "/etc/systemd/system/kubelet.service.d/20-etcd-service-manager.conf", 0o644),
                ("10.0.0.21", "/var/lib/kubelet/config.yaml", 0o644),
                ("10.0.0.1", "/etc/hakube/kubeadm-init.yaml", 0o600),
                ("10.0.0.2", "/etc/hakube/kubeadm-join.yaml", 0o600),
            ], in: GoldenFolder("etcd/hosts/\(version)"))
    }

    @Test(arguments: ["v1.20.2", "v1.34.2"])
    func `files for an etcd that somebody else runs are what they were`(version: String) throws {
        let credentials = EtcdCredentials(ca: "the CA\n", certificate: "the client\n", key: Secret("hidden"))
        let endpoints = [EtcdEndpoint(host: "etcd-1.example.com"), EtcdEndpoint(host: "fd00::21", port: 12379)]
        let all = try files(.external(ExternalEtcd(endpoints: endpoints, credentials: credentials)), version)
        try expect(
            all,
            [
                ("10.0.0.1", "/etc/hakube/kubeadm-init.yaml", 0o600),
                ("10.0.0.1", "/etc/kubernetes/pki/etcd/ca.crt", 0o644),
                ("10.0.0.1", "/etc/kubernetes/pki/apiserver-etcd-client.crt", 0o644),
                ("10.0.0.1", "/etc/kubernetes/pki/apiserver-etcd-client.key", 0o600),
            ], in: GoldenFolder("etcd/external/\(version)"))
        #expect(!all.contains { $0.text.contains("hidden") })
        // kubeadm brings them to those that join.
        #expect(!all.contains { $0.host == HostID("10.0.0.2") && $0.path.contains("etcd") })
    }

    @Test func `what a user says about members goes to their hosts, and the rest to the masters`() throws {
        let etcd = try SampleCluster.etcd(hosts: ["10.0.0.21"])
        let all = try files(
            etcd, "v1.30.14", documents: [Self.document.replacing("API", with: "v1beta3")])
        func text(_ host: String, _ name: String) throws -> String {
            try #require(all.first { $0.host == HostID(host) && $0.path.hasSuffix(name) }).text
        }
        let member = try text("10.0.0.21", "kubeadm-etcd.yaml")
        #expect(member.contains("dataDir: /data/etcd") && !member.contains("timeoutForControlPlane"))
        #expect(member.contains("initial-cluster-state: \"new\""))
        let master = try text("10.0.0.1", "kubeadm-init.yaml")
        #expect(!master.contains("dataDir") && master.contains("timeoutForControlPlane: 5m0s"))
        #expect(master.contains("https://10.0.0.21:2379") && !master.contains("\n  local:"))
    }

    @Test func `a kubelet of etcd's takes what the user chose for the machine, as its runtime does, and no more`()
        throws
    {
        let document = """
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            cgroupDriver: cgroupfs
            authorization: {mode: Webhook}
            clusterDNS: [10.96.0.10]
            kubeReserved: {cpu: 200m}
            """
        let all = try files(SampleCluster.etcd(hosts: ["10.0.0.21"]), "v1.34.2", documents: [document])
        let own = all.filter { $0.host == HostID("10.0.0.21") }
        #expect(
            own.contains { $0.path == "/var/lib/kubelet/config.yaml" && $0.text.contains("cgroupDriver: cgroupfs") })
        let configuration = try #require(own.first { $0.path == "/var/lib/kubelet/config.yaml" }).text
        // It has no API server to ask, and what it would not start with stays with the cluster's kubelets.
        #expect(configuration.contains("200m") && !configuration.contains("Webhook"))
        #expect(!configuration.contains("clusterDNS"))
        #expect(own.contains { $0.path.hasSuffix("config.toml") && $0.text.contains("SystemdCgroup = false") })
    }
}
