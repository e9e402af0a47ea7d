// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates
import Yams

/// Renders the files that make a bare host a Kubernetes host.
struct NodeFiles {
    let input: PlanInput
    var renderer = TemplateRenderer()

    private static let ipvsModules = ["ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack"]

    /// Kernel modules needed on this host; those of IPVS only where the kernel has them and something uses them.
    func modules(of host: Host) -> [String] {
        // Its pods are in the host's own network.
        if host.role == .etcd { return ["overlay"] }
        let facts = input.facts(of: host)
        let usesIPVS = host.role == .node || input.spec.proxyMode == .ipvs
        let ipvs = usesIPVS && facts.hasIPVS ? Self.ipvsModules : []
        // The guardian ends sockets to a dead master; a proxy, where there is no IPVS, holds them itself.
        let diagnosis = host.role == .node && facts.hasIPVS && facts.hasTCPDiag ? ["tcp_diag"] : []
        return ["overlay", "br_netfilter"] + ipvs + diagnosis
    }

    /// Kernel settings kubeadm's preflight and the pod network ask for; of an etcd host nobody asks any.
    var sysctls: [(name: String, value: String)] {
        var settings = [
            ("net.ipv4.ip_forward", "1"), ("net.bridge.bridge-nf-call-iptables", "1"),
            ("net.bridge.bridge-nf-call-ip6tables", "1"),
        ]
        if (input.spec.podSubnets + input.spec.serviceSubnets).contains(where: { $0.base.family == .v6 }) {
            settings += [("net.ipv6.conf.all.forwarding", "1"), ("net.ipv6.conf.default.forwarding", "1")]
        }
        return settings.map { (name: $0.0, value: $0.1) }
    }

    func modulesFile(of host: Host) throws -> RemoteFile {
        RemoteFile(
            path: "/etc/modules-load.d/hakube.conf",
            text: try renderer.render(.modules, ["modules": modules(of: host)]))
    }

    func sysctlFile() throws -> RemoteFile {
        let pairs = sysctls.map { ["name": $0.name, "value": $0.value] }
        // After 99-sysctl.conf, which is the machine's own sysctl.conf under another name.
        let path = "/etc/sysctl.d/99-zz-hakube.conf"
        return RemoteFile(path: path, text: try renderer.render(.sysctl, ["sysctls": pairs]))
    }

    /// containerd's configuration and unit, and crictl's.
    func runtimeFiles(of host: Host) throws -> [RemoteFile] {
        let dialect = ContainerdDialect(release: input.bundle?.manifest.version(of: "containerd"))
        let context: [String: Any] = [
            "version": dialect.version,
            "listsPluginFolders": dialect.listsPluginFolders,
            "sandboxImage": sandboxImage,
            "restrictOOMScore": !input.facts(of: host).canLowerOOMScore,
            "systemdCgroup": cgroupDriver == "systemd",
        ]
        return [
            RemoteFile(path: "/etc/containerd/config.toml", text: try renderer.render(dialect.template, context)),
            RemoteFile(
                path: "/etc/systemd/system/containerd.service", text: try renderer.render(.containerdService, context)),
            RemoteFile(path: "/etc/crictl.yaml", text: try renderer.render(.crictl, [:])),
        ]
    }

    private static let kubeletUnit = "/etc/systemd/system/kubelet.service"
    /// In place of kubeadm's own drop-in.
    static let etcdDropIn = "\(kubeletUnit).d/20-etcd-service-manager.conf"

    func kubeletFiles(of host: Host) throws -> [RemoteFile] {
        let unit = Self.kubeletUnit
        // From 1.26 on such questions are asked by plugins alone, which inherit the kubelet's environment.
        let context = ["asksForCredentials": !input.spec.kubernetes.isAtLeast(1, 26)]
        if host.role == .etcd {
            return [RemoteFile(path: unit, text: try renderer.render(.kubeletService, [:]))]
                + (try etcdKubeletFiles(asking: context))
        }
        return [
            RemoteFile(path: unit, text: try renderer.render(.kubeletService, [:])),
            RemoteFile(path: "\(unit).d/10-kubeadm.conf", text: try renderer.render(.kubeletDropIn, context)),
        ]
    }

    /// A kubelet without an API server, which systemd starts and which keeps etcd's pod running.
    private func etcdKubeletFiles(asking: [String: Any]) throws -> [RemoteFile] {
        let dialect = KubeadmDialect(version: input.spec.kubernetes)
        let dropIn: [String: Any] = [
            "configuration": HostPath.kubeletConfiguration, "arguments": dialect.runtimeArguments,
        ]
        let configuration: [String: Any] = [
            "manifests": HostPath.manifests, "runtime": KubeadmDialect.runtime,
            "namesRuntime": dialect.configuresRuntime, "collectsPinnedImages": dialect.collectsPinnedImages,
        ]
        let text = try renderer.render(.etcdKubelet, configuration)
        return [
            RemoteFile(
                path: Self.etcdDropIn, text: try renderer.render(.etcdKubeletDropIn, dropIn.merging(asking) { $1 })),
            RemoteFile(
                path: HostPath.kubeletConfiguration,
                text: try KubeadmMerge(documents: input.spec.kubeadmDocuments).ofEtcdKubelet.applied(to: text)),
        ]
    }

    /// containerd's sandbox image must be the pause image of the bundle, else the first pod is pulled from outside. Of several
    /// it is kubeadm's own, which the kubelet keeps from garbage collection.
    private var sandboxImage: String {
        let manifest = input.bundle?.manifest
        if let image = manifest?.sandboxImage { return image }
        let own = "\(input.spec.imageRepository)/pause:\(PauseImage.tag(for: input.spec.kubernetes))"
        let bundled = (manifest?.images ?? []).map(\.name).filter { name in
            name.split(separator: "/").last?.hasPrefix("pause:") == true
        }
        return bundled.contains(own) ? own : bundled.first ?? own
    }

    /// The kubelet's and containerd's driver must be the same; the user may choose it in a KubeletConfiguration.
    private var cgroupDriver: String {
        let documents = input.spec.kubeadmDocuments.flatMap { (try? Array(Yams.compose_all(yaml: $0))) ?? [] }
        let chosen = documents.first { $0["kind"]?.string == "KubeletConfiguration" }?["cgroupDriver"]?.string
        return chosen ?? "systemd"
    }
}

/// The pause tag kubeadm asks for, by minor release (`kubeadm config images list`); the bundle's own image goes first.
enum PauseImage {
    private static let tags = [
        (36, "3.10.2"), (34, "3.10.1"), (31, "3.10"), (26, "3.9"), (25, "3.8"), (24, "3.7"), (23, "3.6"), (22, "3.5"),
        (21, "3.4.1"), (18, "3.2"),
    ]

    static func tag(for version: KubernetesVersion) -> String {
        tags.first { version.isAtLeast(1, $0.0) }?.1 ?? "3.1"
    }
}
