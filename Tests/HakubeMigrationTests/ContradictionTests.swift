// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing
import Yams

@testable import HakubeMigration

/// Two lines that say different things: the first counts, the second is told. Two that say the same are both taken.
@Suite struct ContradictionTests {
    private static let nodes = """
        nodes: [{address: 10.0.0.1, role: [controlplane, etcd]}]
        kubernetes_version: v1.24.17-rancher1-1

        """

    private func kubekey(_ spec: String) throws -> MigrationFixture {
        try MigrationFixture(
            text: """
                apiVersion: kubekey.kubesphere.io/v1alpha2
                kind: Cluster
                metadata: {name: sample}
                spec:
                  hosts: [{name: a, address: 10.0.0.1}]
                  roleGroups: {control-plane: [a], etcd: [a]}

                """ + spec)
    }

    @Test func `RKE's own word for an argument, extra_args and extra_args_array`() throws {
        let fixture = try MigrationFixture(
            text: Self.nodes + """
                services:
                  kube-api:
                    service_node_port_range: 30000-32000
                    extra_args: {service-node-port-range: 30000-32767, event-ttl: 1h, v: "2"}
                    extra_args_array: {event-ttl: [2h], v: ["2"]}
                  kubelet:
                    fail_swap_on: false
                    extra_args: {fail-swap-on: "true", max-pods: "20"}
                    extra_args_array: {max-pods: ["30"], v: ["1"]}
                """)
        let target = "ClusterConfiguration apiServer.extraArgs"
        let remedy = "see which of the two the cluster shall have"
        #expect(
            fixture.left == [
                "services.kube-api.extra_args.service-node-port-range: \(target).service-node-port-range is 30000-32000 "
                    + "by another line already; \(remedy)",
                "services.kube-api.extra_args_array.event-ttl[0]: \(target).event-ttl is 1h by another line already; \(remedy)",
                "services.kubelet.extra_args.fail-swap-on: KubeletConfiguration failSwapOn is false by another line already; "
                    + remedy,
                "services.kubelet.extra_args_array.max-pods[0]: KubeletConfiguration maxPods is 20 by another line already; "
                    + remedy,
            ])
        #expect(fixture.targets(of: "services.kube-api.extra_args_array.v[0]") == ["\(target).v"], "it is the same")
        let documents = try fixture.kubeadm()
        #expect(
            documents["ClusterConfiguration"]?.at("apiServer.extraArgs.service-node-port-range")?.string
                == "30000-32000")
        #expect(documents["ClusterConfiguration"]?.at("apiServer.extraArgs.event-ttl")?.string == "1h")
        #expect(documents["KubeletConfiguration"]?.at("failSwapOn")?.bool == false)
        #expect(documents["KubeletConfiguration"]?.at("maxPods")?.int == 20)
    }

    @Test func `KubeKey's keys, arguments and documents, setting by setting`() throws {
        let fixture = try kubekey(
            """
              kubernetes:
                version: v1.28.1
                maxPods: 100
                kubeletArgs: [--max-pods=110, --anonymous-auth=false, --authentication-token-webhook=true]
                kubeProxyArgs: [--ipvs-scheduler=rr]
                kubeletConfiguration:
                  maxPods: "100"
                  authentication: {anonymous: {enabled: true}, webhook: {enabled: true, cacheTTL: 1m}}
                kubeProxyConfiguration: {ipvs: {scheduler: wrr, strictARP: true}}
            """)
        #expect(
            fixture.report.left.map(\.path) == [
                "spec.kubernetes.kubeletArgs[0]",
                "spec.kubernetes.kubeletConfiguration.authentication.anonymous.enabled",
                "spec.kubernetes.kubeProxyConfiguration.ipvs.scheduler",
            ])
        let kubelet = try #require(try fixture.kubeadm()["KubeletConfiguration"])
        #expect(kubelet.at("maxPods")?.int == 100)
        #expect(kubelet.at("authentication.anonymous.enabled")?.bool == false, "the section does not take it away")
        #expect(kubelet.at("authentication.webhook.cacheTTL")?.string == "1m")
        let proxy = try #require(try fixture.kubeadm()["KubeProxyConfiguration"])
        #expect(proxy.at("ipvs.scheduler")?.string == "rr")
        #expect(proxy.at("ipvs.strictARP")?.bool == true)
    }

    @Test func `a Clusterfile's name and endpoint against those of its documents`() throws {
        let fixture = try MigrationFixture(
            text: """
                apiVersion: apps.sealos.io/v1beta1
                kind: Cluster
                metadata: {name: prod}
                spec:
                  hosts: [{ips: [10.0.0.1], roles: [master]}]
                  image: ["labring/kubernetes:v1.25.0"]
                ---
                apiVersion: kubeadm.k8s.io/v1beta3
                kind: ClusterConfiguration
                clusterName: other
                """)
        #expect(try fixture.spec().name == "prod")
        #expect(
            fixture.left.first?.hasPrefix("ClusterConfiguration.clusterName: cluster is prod by another line") == true)
        #expect(fixture.report.left.count == 1)
    }

    @Test func `two logins for one registry`() throws {
        let fixture = try MigrationFixture(
            text: Self.nodes + """
                private_registries:
                  - {url: reg.example.com, user: first, password: hunter2-a}
                  - {url: reg.example.com, user: second, password: hunter2-b}
                """)
        #expect(try fixture.spec().registries.map(\.login?.username) == ["first"])
        let user =
            "private_registries[1].user: registries host: reg.example.com username is first by another line already"
        #expect(fixture.left.contains { $0.hasPrefix(user) })
        #expect(fixture.isLeft("private_registries[1].password"))
    }

    @Test func `an argument for the hosts of one kubeadm document and not for those of another`() {
        var translation = Translation(release: KubernetesVersion("v1.25.0"))
        func node(_ path: String, _ text: String) -> SourceNode {
            SourceNode(path: path, line: 1, content: .text(text, quoted: true))
        }
        translation.take(kubeletArgument: "v", "2", of: [.initialise], from: node("init", "2"))
        translation.take(kubeletArgument: "v", "4", of: [.initialise, .join], from: node("all", "4"))
        #expect(translation.ledger.left.map(\.path) == ["all"])
        #expect(translation.draft.kubeadm.argument(ofKubelet: "v", of: .initialise) == "2")
        #expect(translation.draft.kubeadm.argument(ofKubelet: "v", of: .join) == nil, "half of a line is none")
    }
}
