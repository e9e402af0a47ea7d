// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import Testing
import Yams

@testable import HakubeMigration

/// Flags of components: what is passed on, what becomes a field, and what is told.
@Suite struct FlagTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let flag: String
        let value: String
        let release: String
        /// Targets of what is taken over, or the reason why not.
        let outcome: String
        var testDescription: String { "\(flag)=\(value) \(release)" }

        init(_ flag: String, _ value: String, _ release: String, _ outcome: String) {
            (self.flag, self.value, self.release, self.outcome) = (flag, value, release, outcome)
        }
    }

    private func outcome(
        _ wanted: Case, _ take: (inout Translation, String, String, SourceNode) -> Void
    ) -> String {
        var translation = Translation(release: KubernetesVersion(wanted.release))
        let node = SourceNode(path: wanted.flag, line: 1, content: .text(wanted.value, quoted: false))
        take(&translation, wanted.flag, wanted.value, node)
        let ledger = translation.ledger
        return (ledger.taken.map(\.target) + ledger.settled.map(\.reason) + ledger.left.map(\.reason))
            .joined(separator: "; ")
    }

    @Test(arguments: [
        Case("event-ttl", "1h", "v1.21.5", "ClusterConfiguration apiServer.extraArgs.event-ttl"),
        Case("--event-ttl", "1h", "v1.37.0", "ClusterConfiguration apiServer.extraArgs.event-ttl"),
        Case("event_ttl", "1h", "v1.37.0", "ClusterConfiguration apiServer.extraArgs.event-ttl"),
        Case("event-tll", "1h", "v1.21.5", "hakube knows no such flag of kube-apiserver"),
        Case("logtostderr", "true", "v1.25.9", "ClusterConfiguration apiServer.extraArgs.logtostderr"),
        Case(
            "logtostderr", "true", "v1.26.0", "kube-apiserver of v1.26.0 has no such flag any more, it went with v1.26"),
        Case(
            "requestheader-uid-headers", "X", "v1.31.9",
            "kube-apiserver of v1.31.9 has no such flag yet, it came with v1.32"),
        Case(
            "default-watch-cache-size", "9", "v1.36.4",
            "it is not certain that kube-apiserver of v1.36.4 still has this flag"),
        Case(
            "tls-cert-file", "/x", "v1.21.5", "kubeadm sets this for the files, addresses and keys of its own cluster"),
        Case(
            "audit-policy-file", "/x", "v1.21.5",
            "it names a file that hakube does not put on the hosts, and kube-apiserver would not start without it"),
        Case("authorization-mode", "Node,RBAC", "v1.21.5", "kubeadm's clusters authorize by Node,RBAC"),
        Case(
            "anonymous-auth", "false", "v1.21.5",
            "the kubelet's probes of the API server bring no credentials, and an API server that answers them 401 is restarted "
                + "again and again"),
        Case("anonymous-auth", "true", "v1.21.5", "ClusterConfiguration apiServer.extraArgs.anonymous-auth"),
        Case("feature-gates", "", "v1.21.5", "an empty argument says nothing"),
        Case("service-cluster-ip-range", "10.43.0.0/16", "v1.21.5", "network.serviceSubnet"),
        Case("event-ttl", "1h", "none", "no release is known, so neither is what flags it has"),
    ])
    func `a flag of the API server`(wanted: Case) {
        #expect(outcome(wanted) { $0.take(.apiServer, $1, $2, from: $3) } == wanted.outcome)
    }

    @Test func `an API server that probes cannot ask is told for every tool; the kubelet's own word is taken`() throws {
        let rke = try MigrationFixture(
            text: """
                nodes: [{address: 10.0.0.1, role: [controlplane, etcd]}]
                kubernetes_version: v1.20.15-rancher1-1
                services:
                  kube-api: {extra_args: {anonymous-auth: "False", profiling: "false"}}
                  kubelet: {extra_args: {anonymous-auth: "false"}}
                """)
        #expect(rke.report.left.map(\.path) == ["services.kube-api.extra_args.anonymous-auth"])
        let documents = try rke.kubeadm()
        #expect(documents["ClusterConfiguration"]?.at("apiServer.extraArgs.profiling")?.string == "false")
        #expect(documents["KubeletConfiguration"]?.at("authentication.anonymous.enabled")?.bool == false)
        let spray = try MigrationFixture(
            text:
                "[kube_control_plane]\na ansible_host=10.0.0.1\n[all:vars]\nkube_version=v1.30.1\nkube_api_anonymous_auth=False\n"
        )
        #expect(spray.report.left.map(\.path) == ["all.vars.kube_api_anonymous_auth"])
        #expect(spray.report.left.first?.reason.contains("401") == true)
    }

    @Test(arguments: [
        Case("max-pods", "250", "v1.21.5", "KubeletConfiguration maxPods"),
        Case("max-pods", "many", "v1.21.5", "its value has not the form of KubeletConfiguration maxPods"),
        Case("register-node", "false", "v1.23.0", "KubeletConfiguration registerNode"),
        Case(
            "register-node", "false", "v1.22.0",
            "InitConfiguration nodeRegistration.kubeletExtraArgs.register-node; JoinConfiguration nodeRegistration.kubeletExtraArgs.register-node"
        ),
        Case("network-plugin", "cni", "v1.21.5", "it belongs to another container runtime"),
        Case("node-ip", "10.0.0.1", "v1.21.5", "hakube or kubeadm sets this for every host"),
        Case(
            "image-gc-high-threshold", "85", "v1.28.9",
            "the kubelet of v1.28.9 would delete the bundle's images when the disk fills up"),
        Case("image-gc-high-threshold", "85", "v1.29.0", "KubeletConfiguration imageGCHighThresholdPercent"),
        Case(
            "keep-terminated-pod-volumes", "true", "v1.31.0",
            "the kubelet of v1.31.0 has no such flag any more, it went with v1.31"),
        Case("cluster-domain", "k8s.local", "v1.21.5", "network.dnsDomain"),
        Case("enforce-node-allocatable", "", "v1.21.5", "KubeletConfiguration enforceNodeAllocatable"),
        Case("resolv-conf", "", "v1.21.5", "KubeletConfiguration resolvConf"),
        Case("resolv-conf", "", "none", "no release is known, so neither is what flags it has"),
        Case("cgroup-root", "", "v1.21.5", "an empty argument says nothing"),
        Case("max-pods", "250", "none", "no release is known, so neither is what flags it has"),
        Case("docker-root", "/x", "none", "it belongs to another container runtime"),
        Case("surprise", "1", "v1.21.5", "hakube knows no such flag of the kubelet"),
    ])
    func `a flag of the kubelet`(wanted: Case) {
        #expect(outcome(wanted) { $0.take(kubelet: $1, $2, from: $3) } == wanted.outcome)
    }

    @Test(arguments: [
        Case("proxy-mode", "ipvs", "v1.21.5", "network.proxyMode"),
        Case("kube-api-qps", "10", "v1.21.5", "KubeProxyConfiguration clientConnection.qps"),
        Case("udp-timeout", "1s", "v1.25.0", "KubeProxyConfiguration udpIdleTimeout"),
        Case(
            "udp-timeout", "1s", "v1.26.0",
            "kube-proxy of v1.26.0 has no field for it, and beside its configuration flags do not count"),
        Case(
            "v", "4", "v1.21.5",
            "kube-proxy of v1.21.5 has no field for it, and beside its configuration flags do not count"),
        Case("v", "4", "v1.28.0", "KubeProxyConfiguration logging.verbosity"),
        Case("ipvs-exclude-cidrs", "10.103.97.2/32", "v1.21.5", "hakube excludes the VIP by itself"),
        Case("ipvs-exclude-cidrs", "10.9.9.9/32", "v1.21.5", "KubeProxyConfiguration ipvs.excludeCIDRs"),
        Case("hostname-override", "x", "v1.21.5", "hakube or kubeadm sets this for every host"),
    ])
    func `a flag of kube-proxy`(wanted: Case) {
        #expect(outcome(wanted) { $0.take(proxy: $1, $2, from: $3) } == wanted.outcome)
    }

    @Test func `without a release no document is written, so none of its settings is taken`() throws {
        let rke = try MigrationFixture(
            text: """
                nodes: [{address: 10.0.0.1, role: [controlplane, etcd]}]
                services:
                  kubelet: {fail_swap_on: false, cluster_domain: k8s.local}
                  kubeproxy: {extra_args: {ipvs-exclude-cidrs: 10.9.9.9/32}}
                """)
        #expect(
            rke.report.left.map(\.path) == [
                "services.kubelet.fail_swap_on", "services.kubeproxy.extra_args.ipvs-exclude-cidrs",
            ])
        #expect(rke.report.left.allSatisfy { $0.remedy == "run this again with --kubernetes VERSION" })
        #expect(rke.targets(of: "services.kubelet.cluster_domain") == ["network.dnsDomain"])
        let sealos = """
            apiVersion: apps.sealos.io/v1beta1
            kind: Cluster
            spec: {hosts: [{ips: [10.0.0.1], roles: [master]}]}
            ---
            kind: ClusterConfiguration
            apiServer:
              extraVolumes: [{name: a, hostPath: /a, mountPath: /a}]
              timeoutForControlPlane: 5m0s
            etcd: {local: {serverCertSANs: [a.b], peerCertSANs: [a.b]}}
            ---
            kind: KubeProxyConfiguration
            ipvs: {scheduler: rr, excludeCIDRs: [10.9.9.9/32]}
            bindAddress: 0.0.0.0
            ---
            kind: KubeletConfiguration
            maxPods: 20
            """
        let without = try MigrationFixture(text: sealos)
        let paths: Set = [
            "ClusterConfiguration.apiServer.extraVolumes[0]", "ClusterConfiguration.apiServer.timeoutForControlPlane",
            "ClusterConfiguration.etcd.local.serverCertSANs", "ClusterConfiguration.etcd.local.peerCertSANs",
            "KubeProxyConfiguration.ipvs", "KubeProxyConfiguration.bindAddress", "KubeletConfiguration.maxPods",
        ]
        #expect(Set(without.report.left.map(\.path)) == paths)
        #expect(!without.migration.inventory.contains("kubeadm:"))
        let with = try MigrationFixture(text: sealos, kubernetes: "v1.25.3")
        #expect(with.report.left.isEmpty)
        let proxy = try #require(try with.kubeadm()["KubeProxyConfiguration"])
        #expect(proxy.at("ipvs.scheduler")?.string == "rr")
        #expect(try with.kubeadm()["ClusterConfiguration"]?.at("etcd.local.peerCertSANs")?.sequence?.count == 1)
    }

    @Test func `an empty value that switches something off is kept as it is`() throws {
        let fixture = try MigrationFixture(
            text: """
                apiVersion: kubekey.kubesphere.io/v1alpha2
                kind: Cluster
                spec:
                  hosts: [{name: a, address: 10.0.0.1}]
                  roleGroups: {control-plane: [a], etcd: [a]}
                  kubernetes:
                    version: v1.28.1
                    kubeletArgs: [--enforce-node-allocatable=]
                    kubeletConfiguration: {resolvConf: "", evictionHard: {}, cgroupRoot: "", systemReserved: {}}
                """)
        let kubelet = try #require(try fixture.kubeadm()["KubeletConfiguration"])
        #expect(kubelet.at("enforceNodeAllocatable")?.sequence?.count == 0)
        #expect(kubelet.at("resolvConf")?.scalar?.string.isEmpty == true)
        #expect(kubelet.at("evictionHard")?.mapping?.count == 0)
        #expect(!fixture.migration.inventory.contains("cgroupRoot"))
        #expect(!fixture.migration.inventory.contains("systemReserved"))
        #expect(fixture.report.left.isEmpty)
    }

    @Test func `YAML's other words for true and false are Go's, but for those in quotes`() throws {
        let fixture = try MigrationFixture(
            text: """
                nodes: [{address: 10.0.0.1, role: [controlplane, etcd]}]
                kubernetes_version: v1.24.17-rancher1-1
                services:
                  kube-api: {extra_args: {watch-cache: yes, profiling: off, event-ttl: 1h}}
                  kubelet: {extra_args: {serialize-image-pulls: on, cgroups-per-qos: "yes"}}
                """)
        let cluster = try #require(try fixture.kubeadm()["ClusterConfiguration"])
        #expect(cluster.at("apiServer.extraArgs.watch-cache")?.scalar?.string == "true")
        #expect(cluster.at("apiServer.extraArgs.profiling")?.scalar?.string == "false")
        #expect(try fixture.kubeadm()["KubeletConfiguration"]?.at("serializeImagePulls")?.bool == true)
        #expect(fixture.report.left.map(\.path) == ["services.kubelet.extra_args.cgroups-per-qos"])
    }

    @Test func `excluded blocks keep the VIP among them, without which kube-proxy ends the guardian's service`() throws
    {
        var translation = Translation(release: KubernetesVersion("v1.21.5"))
        translation.take(
            excludedBlocks: SourceNode(path: "x", line: 1, content: .text("10.9.9.9/32", quoted: false)))
        let release = try #require(translation.release)
        let document = try #require(translation.draft.kubeadm.documents(for: release).first)
        #expect(
            document.value(at: ["ipvs", "excludeCIDRs"]) == .list([.string("10.9.9.9/32"), .string("10.103.97.2/32")]))
    }

    @Test func `with kube-vip there is no guardian's service to keep, and excluded blocks are as they were`() throws {
        var translation = Translation(release: KubernetesVersion("v1.21.5"))
        translation.draft.strategy = .kubeVIP
        translation.draft.vip = "10.0.0.100"
        translation.take(
            excludedBlocks: SourceNode(path: "x", line: 1, content: .text("10.0.0.100/32", quoted: false)))
        let blocks = translation.draft.kubeadm.field(["ipvs", "excludeCIDRs"], of: .proxy)
        #expect(blocks == .list([.string("10.0.0.100/32")]))
        #expect(translation.ledger.settled.isEmpty, "hakube excludes no address of kube-vip's")
    }

    @Test(arguments: [
        ("memory.available<300Mi,nodefs.available<10%", "t", "memory.available: 300Mi\nnodefs.available: 10%\n"),
        ("cpu=0.25,memory=200Mi", "m", "cpu: \"0.25\"\nmemory: 200Mi\n"),
        ("A=true,B=false", "g", "A: true\nB: false\n"),
        ("pods,system-reserved", "l", "- pods\n- system-reserved\n"), ("250", "i", "250\n"), ("true", "b", "true\n"),
    ])
    func `a flag's text becomes the field's value`(text: String, form: String, yaml: String) throws {
        let field = try #require(ComponentField.table("f path \(form)")["f"])
        #expect(try field.value(text)?.yaml() == yaml)
    }

    @Test(arguments: [("memory", "t"), ("cpu=", "m"), ("A=maybe", "g"), ("1.5", "i"), ("perhaps", "b")])
    func `a text without the field's form has no value`(text: String, form: String) throws {
        #expect(try #require(ComponentField.table("f path \(form)")["f"]).value(text) == nil)
    }

    @Test func `no flag is both passed on and kept back`() {
        for table in [ControlPlaneFlags.apiServer, ControlPlaneFlags.controllerManager, ControlPlaneFlags.scheduler] {
            #expect(Set(table.keys).isDisjoint(with: ControlPlaneFlags.managed.union(ControlPlaneFlags.naming)))
        }
        let fields = Set(KubeletFlags.fields.keys)
        #expect(fields.isDisjoint(with: KubeletFlags.runtime.union(KubeletFlags.managed.keys)))
    }
}
