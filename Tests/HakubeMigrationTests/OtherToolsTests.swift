// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeMigration
import HakubeModel
import Testing
import Yams

/// Hosts and settings of sealos, KubeKey and kubespray.
@Suite struct OtherToolsTests {
    @Test func `sealos 3: hosts with their ports, the endpoint, and names that hakube does not put in anyway`() throws {
        let fixture = try MigrationFixture("sealos-config.yaml")
        let spec = try fixture.spec()
        #expect(spec.masters.map(\.sshAddress) == ["192.168.0.2", "192.168.0.3", "192.168.0.4"])
        #expect(spec.masters.map(\.access.port) == [22, 22, 2222])
        #expect(spec.kubernetes.description == "v1.18.0")
        #expect(spec.endpoint.vip?.description == "10.103.97.2")
        #expect(spec.extraCertSANs == ["k8s.example.com"])
        #expect(spec.podSubnets.map(\.description) == ["100.64.0.0/10"])
        #expect(spec.imageRepository == "k8s.gcr.io")
        #expect(fixture.report.problems.isEmpty)
        #expect(fixture.left.contains { $0.contains("hakube bundle import kube1.18.0.tar.gz -o kube.tar.zst") })
    }

    @Test
    func `sealos 4: a Clusterfile's hosts, the image's release, and kubeadm's documents in the release's version`()
        throws
    {
        let fixture = try MigrationFixture("Clusterfile")
        let spec = try fixture.spec()
        #expect(spec.name == "prod")
        #expect(spec.kubernetes.description == "v1.26.1")
        #expect(spec.masters.map(\.access.port) == [22, 22, 2222])
        #expect(spec.masters.map(\.taints) == [[], [], []], "master and node")
        #expect(spec.nodes.map(\.access.user) == ["ops"])
        #expect(spec.extraCertSANs == ["203.0.113.7"])
        #expect(spec.proxyMode == .ipvs)
        let documents = try fixture.kubeadm()
        let cluster = try #require(documents["ClusterConfiguration"])
        #expect(cluster.at("apiServer.extraArgs.audit-log-maxage")?.string == "7")
        #expect(cluster.at("apiServer.extraVolumes")?.sequence?.count == 1, "a name that stands twice makes no pod")
        #expect(cluster.at("apiServer.extraVolumes")?.sequence?.first?["hostPath"]?.string == "/etc/localtime")
        #expect(cluster.at("controllerManager.extraArgs.pod-eviction-timeout")?.string == "2m", "v1.26 has it")
        #expect(cluster.at("etcd.local.extraArgs.listen-metrics-urls") != nil)
        #expect(fixture.isLeft("ClusterConfiguration.APIServer.ExtraArgs.audit-policy-file"))
        let kubelet = try #require(documents["KubeletConfiguration"])
        #expect(kubelet.at("maxPods")?.int == 110)
        #expect(kubelet.at("imageGCHighThresholdPercent")?.int == 100, "else images of the bundle would be deleted")
        #expect(cluster.at("apiServer.timeoutForControlPlane")?.string == "5m0s")
        #expect(!fixture.isLeft("ClusterConfiguration.DNS"), "it says nothing")
        #expect(kubelet.at("podLogsDir") == nil, "it came with v1.30")
        #expect(fixture.isLeft("KubeletConfiguration.podLogsDir"))
        #expect(try #require(documents["KubeProxyConfiguration"]).at("ipvs.scheduler")?.string == "rr")
        #expect(fixture.isLeft("KubeProxyConfiguration.udpIdleTimeout"), "it went with v1.26")
        #expect(documents["InitConfiguration"]?.at("nodeRegistration.kubeletExtraArgs.v")?.string == "2")
        #expect(documents["JoinConfiguration"]?.at("nodeRegistration.kubeletExtraArgs.v") == nil, "only init said so")
        #expect(fixture.isLeft("Config"))
    }

    @Test func `sealos 4: an image's release against a document's is told, and neither is guessed`() throws {
        let fixture = try MigrationFixture(
            text: """
                apiVersion: apps.sealos.io/v1beta1
                kind: Cluster
                spec:
                  hosts: [{ips: [10.0.0.1], roles: [master]}]
                  image: ["labring/kubernetes:v1.25.0"]
                ---
                apiVersion: kubeadm.k8s.io/v1beta3
                kind: ClusterConfiguration
                kubernetesVersion: v1.26.0
                controlPlaneEndpoint: 10.0.0.100:6443
                """)
        #expect(try fixture.spec().kubernetes.description == "v1.25.0")
        #expect(fixture.isLeft("ClusterConfiguration.kubernetesVersion"))
        #expect(fixture.isLeft("ClusterConfiguration.controlPlaneEndpoint"), "an address is no name")
        #expect(try fixture.spec().endpoint.name == "apiserver.cluster.local")
    }

    @Test func `sealos 4: the usual name is no own one where the endpoint has another`() throws {
        let text = """
            apiVersion: apps.sealos.io/v1beta1
            kind: Cluster
            spec:
              hosts: [{ips: [10.0.0.1], roles: [master]}]
              image: ["labring/kubernetes:v1.25.0"]
            ---
            apiVersion: kubeadm.k8s.io/v1beta3
            kind: ClusterConfiguration
            controlPlaneEndpoint: api.example.com:6443
            apiServer: {certSANs: [apiserver.cluster.local, api.example.com, 10.0.0.1]}
            """
        #expect(try MigrationFixture(text: text).spec().extraCertSANs == ["apiserver.cluster.local"])
        let usual = text.split(separator: "\n").filter { !$0.hasPrefix("controlPlane") }.joined(separator: "\n")
        #expect(try MigrationFixture(text: usual).spec().extraCertSANs == ["api.example.com"])
    }

    @Test func `KubeKey: role groups with ranges, root where no user is said, and registries`() throws {
        let fixture = try MigrationFixture("kubekey.yaml")
        let spec = try fixture.spec()
        #expect(spec.masters.map(\.name) == ["node1", "node2", "node3"])
        #expect(spec.masters.map(\.taints) == [[], nil, nil])
        #expect(spec.masters.map(\.access.user) == ["ubuntu", "root", "root"])
        #expect(spec.masters.map(\.access.port) == [8022, nil, nil])
        #expect(spec.masters.map(\.address.description) == ["172.16.0.2", "172.16.0.3", "172.16.0.4"])
        #expect(spec.masters[1].labels == ["disk": "SSD"])
        #expect(spec.nodes.map(\.name) == ["node4"])
        #expect(spec.endpoint.name == "lb.kubesphere.local")
        #expect(spec.proxyMode == .ipvs)
        #expect(spec.extraCertSANs == ["192.0.2.9", "lb.example.com"])
        let registries = Dictionary(uniqueKeysWithValues: spec.registries.map { ($0.host, $0) })
        #expect(
            registries["docker.io"]?.endpoints == ["https://mirror.example.com", "https://registry-1.docker.io"])
        #expect(registries["10.0.0.50:5000"]?.endpoints == ["http://10.0.0.50:5000"])
        #expect(registries["dockerhub.kubekey.local"]?.login?.username == "admin")
        #expect(registries["dockerhub.kubekey.local"]?.skipVerify == true)
        let documents = try fixture.kubeadm()
        #expect(documents["KubeletConfiguration"]?.at("maxParallelImagePulls")?.int == 4)
        #expect(documents["KubeletConfiguration"]?.at("podPidsLimit")?.int == 10000)
        #expect(documents["ClusterConfiguration"]?.at("apiServer.extraArgs.event-ttl")?.string == "2h")
        #expect(documents["KubeProxyConfiguration"]?.at("ipvs.strictARP")?.bool == true)
        for path in [
            "spec.roleGroups.worker[1]", "spec.controlPlaneEndpoint.internalLoadbalancer",
            "spec.kubernetes.apiserverArgs[1]", "spec.kubernetes.controllerManagerArgs[0]",
            "spec.kubernetes.kubeProxyConfiguration.udpIdleTimeout", "spec.kubernetes.featureGates",
            "spec.kubernetes.nodelocaldns", "spec.registry.privateRegistry", "spec.system", "ClusterConfiguration",
        ] {
            #expect(fixture.isLeft(path), "\(path)")
        }
    }

    @Test func `kubespray: an INI file's hosts, names, bastion and the nearest group's variables`() throws {
        let fixture = try MigrationFixture("kubespray.ini")
        // worker08 to worker10 have names only, so the inventory is not complete.
        #expect(fixture.report.problems.contains { $0.message == "worker08 is a name, not an address" })
        let inventory = Inventory(yaml: fixture.migration.inventory, file: "i.yaml")
        #expect(inventory.problems.isEmpty)
        #expect(inventory.masters?.entries.map(\.hosts.value) == ["95.54.0.12", "95.54.0.13", "95.54.0.14"])
        #expect(inventory.masters?.entries.map(\.name?.value) == ["node1", "node2", "node3"])
        #expect(inventory.masters?.entries.map { $0.taints?.count } == [nil, nil, 0])
        #expect(
            inventory.nodes?.entries.map(\.hosts.value) == ["10.3.0.4", "worker08", "worker09", "worker10"])
        #expect(inventory.nodes?.entries.first?.access.user?.value == "other")
        #expect(inventory.nodes?.entries.dropFirst().first?.access.user?.value == "ubuntu")
        #expect(inventory.ssh.key?.value == "~/.ssh/spray")
        #expect(inventory.ssh.bastion?.value == "hop@203.0.113.9")
        #expect(inventory.kubernetes?.value == "v1.30.4")
        #expect(inventory.dnsDomain?.value == "k8s.local")
        for path in [
            "node3.access_ip", "k8s_cluster.vars.container_manager", "k8s_cluster.vars.loadbalancer_apiserver_type",
            "k8s_cluster.vars.kube_apiserver_node_port_range", "all.vars.ansible_ssh_common_args", "line 51",
        ] {
            #expect(fixture.isLeft(path), "\(path)")
        }
    }

    @Test func `kubespray: a YAML file's groups, dual stack, registries and programs' settings`() throws {
        let fixture = try MigrationFixture("kubespray.yaml")
        let spec = try fixture.spec()
        #expect(spec.masters.map(\.name) == ["node1"])
        #expect(spec.nodes.map(\.labels) == [["zone": "a"]])
        #expect(spec.nodes.map(\.taints) == [[Taint(key: "dedicated", value: "db", effect: .noSchedule)]])
        #expect(spec.podSubnets.map(\.description) == ["10.233.64.0/18", "fd85:ee78:d8a6:8600::/56"])
        #expect(spec.endpoint.name == "lb.example.com")
        #expect(spec.extraCertSANs == ["10.3.0.100", "api.example.com"])
        #expect(spec.registries.map(\.host) == ["docker.io", "registry.example.com:5000"])
        #expect(spec.registries.map(\.login?.username) == [nil, "puller"])
        let documents = try fixture.kubeadm()
        #expect(documents["ClusterConfiguration"]?.at("apiServer.extraArgs.event-ttl")?.string == "3h")
        #expect(documents["KubeletConfiguration"]?.at("maxOpenFiles")?.int == 500000)
        #expect(documents["KubeProxyConfiguration"]?.at("ipvs.strictARP")?.bool == true)
        #expect(fixture.isLeft("all.children.k8s_cluster.vars.loadbalancer_apiserver"))
        #expect(spec.etcd.hosts.map(\.sshAddress) == ["10.3.0.9"])
        #expect(spec.etcd.hosts.map(\.name) == ["etcd1"])
        #expect(spec.etcd.hosts.map(\.access.user) == ["admin"])
    }

    @Test func `a source without a release gives an inventory without documents, and says so`() throws {
        let fixture = try MigrationFixture(
            text: "[kube_control_plane]\na ansible_host=10.0.0.1\n[kube_control_plane:vars]\nkubelet_max_pods=150\n")
        #expect(!fixture.migration.inventory.contains("kubeadm:"))
        #expect(fixture.report.problems.isEmpty, "a bundle names the release")
        #expect(fixture.left.first?.contains("run this again with --kubernetes VERSION") == true)
        let named = try MigrationFixture(text: fixture.text, kubernetes: "v1.34.2")
        #expect(try named.kubeadm()["KubeletConfiguration"]?.at("maxPods")?.int == 150)
    }
}
