// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeLint
import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

/// Nothing is found where nothing is wrong.
@Suite struct CleanTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let goldens = tests.appending(path: "HakubePlanTests/Golden")

    private static func folders(in parent: URL) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path(percentEncoded: false))) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// SHAPE/RELEASE of every cluster whose kubeadm files are recorded.
    private static let shapes = folders(in: goldens.appending(path: "kubeadm")).flatMap { shape in
        folders(in: goldens.appending(path: "kubeadm/\(shape)")).map { "\(shape)/\($0)" }
    }

    /// Each folder is one cluster; whatever is put into it is looked at.
    private static let examples = folders(in: LintFixture.folder.appending(path: "clean"))

    @Test func `there are recorded files and examples to look at`() {
        #expect(Self.shapes.count >= 40)
        #expect(Self.examples.count >= 4)
    }

    @Test(arguments: shapes)
    func `hakube's own kubeadm files are without a fault`(shape: String) throws {
        let files = try LintFixture.files(below: Self.goldens.appending(path: "kubeadm/\(shape)"))
        #expect(!files.isEmpty)
        #expect(LintFixture.lint(files) == [])
        // Each by itself as well: a host's files are often looked at alone.
        for file in files { #expect(LintFixture.lint([file]) == []) }
    }

    @Test func `hakube's own files for the endpoint are without a fault`() throws {
        let files = try LintFixture.files(below: Self.goldens.appending(path: "endpoint")) { name in
            [".yaml", ".cfg", ".conf", ".json"].contains { name.hasSuffix($0) }
        }
        #expect(!files.isEmpty)
        for folder in Set(files.map { $0.name.split(separator: "/").dropLast().joined(separator: "/") }).sorted() {
            let cluster = files.filter { $0.name.split(separator: "/").dropLast().joined(separator: "/") == folder }
            #expect(LintFixture.lint(cluster) == [], "\(folder)")
        }
    }

    @Test(arguments: ["v1.20.2", "v1.24.17", "v1.31.14", "v1.36.4"], ClusterSpec.ProxyMode.allCases)
    func `every file that hakube puts on any host is without a fault`(
        release: String, mode: ClusterSpec.ProxyMode
    ) throws {
        let spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4", "10.0.0.5"], kubernetes: release,
            proxyMode: mode)
        let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 16)).initialisation()
        let files = RenderedFiles(plan).files.map { LintFile(name: "\($0.host)\($0.path)", text: $0.text) }
        #expect(files.contains { $0.name == "10.0.0.4/etc/hosts" })
        #expect(LintFixture.lint(files) == [])
    }

    private static let floating = FloatingAddress(address: IPAddress(family: .v4, value: 0x0a00_0064))
    private static let endpoints: [Endpoint] = [
        Endpoint(strategy: .keepalived(floating)), Endpoint(strategy: .kubeVIP(floating, .arp)),
        Endpoint(port: 8443, serverPort: 6443, strategy: .haproxyKeepalived(floating)),
        Endpoint(name: "api.example.com", port: 443, serverPort: 6443, strategy: .external),
    ]

    @Test(arguments: endpoints, ["v1.20.2", "v1.36.4"])
    func `every file of every endpoint strategy is without a fault, with one master or three`(
        endpoint: Endpoint, release: String
    ) throws {
        for masters in [["10.0.0.1"], ["10.0.0.1", "10.0.0.2", "10.0.0.3"]] {
            let pools = endpoint.kind == .kubeVIP ? ["global": ["10.0.0.200-10.0.0.210"]] : [:]
            let spec = try SampleCluster.spec(
                masters: masters, nodes: ["10.0.0.4"], kubernetes: release, proxyMode: .ipvs, endpoint: endpoint,
                servicePools: pools)
            let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 16)).initialisation()
            let files = RenderedFiles(plan).files.map { LintFile(name: "\($0.host)\($0.path)", text: $0.text) }
            #expect(LintFixture.lint(files) == [])
        }
    }

    @Test(arguments: endpoints + [nil], ["v1.20.2", "v1.34.2"])
    func `every file is without a fault where etcd is not on the masters`(endpoint: Endpoint?, release: String) throws {
        let credentials = EtcdCredentials(
            ca: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            certificate: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", key: Secret("hidden"))
        let members = (21...23).map { EtcdEndpoint(host: "10.0.0.\($0)") }
        let foreign = Etcd.external(ExternalEtcd(endpoints: members, credentials: credentials))
        for etcd in [try SampleCluster.etcd(hosts: ["10.0.0.21", "10.0.0.22", "10.0.0.23"]), foreign] {
            let spec = try SampleCluster.spec(
                masters: ["10.0.0.1", "10.0.0.2"], nodes: ["10.0.0.4"], kubernetes: release, endpoint: endpoint,
                etcd: etcd)
            let plan = try Planner(.assumingFresh(spec, bundle: nil, parallel: 16)).initialisation()
            let files = RenderedFiles(plan).files.map { LintFile(name: "\($0.host)\($0.path)", text: $0.text) }
            #expect(files.contains { $0.name.hasSuffix("kubeadm-etcd.yaml") } == !etcd.isExternal)
            #expect(files.contains { $0.name.hasSuffix("apiserver-etcd-client.key") })
            #expect(LintFixture.lint(files) == [])
            for file in files { #expect(LintFixture.lint([file]) == []) }
        }
    }

    @Test(arguments: examples)
    func `a well-made cluster is without a fault`(example: String) throws {
        let files = try LintFixture.files(below: LintFixture.folder.appending(path: "clean/\(example)"))
        #expect(!files.isEmpty)
        #expect(LintFixture.lint(files) == [])
    }

    @Test func `no files, empty files and files of comments are no fault of a cluster`() {
        #expect(LintFixture.lint([LintFile]()) == [])
        #expect(LintFixture.lint(["a": "", "b.sh": "# nothing\n"]) == ["a:1 warning file-not-recognised"])
    }
}
