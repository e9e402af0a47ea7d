// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// Renders the kubeadm files of one cluster. Every computed field is made here; the templates hold names and loops only.
struct KubeadmFiles {
    let input: PlanInput
    var renderer = TemplateRenderer()

    private var spec: ClusterSpec { input.spec }
    private var dialect: KubeadmDialect { KubeadmDialect(version: spec.kubernetes) }

    /// Init-, Cluster-, Kubelet- and KubeProxyConfiguration for the host that runs `kubeadm init`.
    func initialisation(of host: Host) throws -> RemoteFile {
        let text = try renderer.render(.kubeadmInit, hostContext(host).merging(clusterContext) { host, _ in host })
        let merged = try KubeadmMerge(documents: spec.kubeadmDocuments).onMasters(of: spec).applied(to: text)
        return RemoteFile(path: HostPath.kubeadmInit, mode: 0o600, text: merged)
    }

    /// What kubeadm's phases read on a host of etcd's own.
    ///
    /// - Parameters:
    ///   - members: `NAME=URL,…`, what the member starts with.
    ///   - joins: into an etcd that stands; else all of them begin it together.
    func etcdMember(on host: Host, members: String, joins: Bool) throws -> RemoteFile {
        let arguments = [("initial-cluster", members), ("initial-cluster-state", joins ? "existing" : "new")]
        let pairs = arguments.map { ["name": $0.0, "value": $0.1] }
        let context: [String: Any] = [
            "etcdArgumentMap": dialect.listsArguments ? [] : pairs,
            "etcdArgumentList": dialect.listsArguments ? pairs : [],
        ]
        let text = try renderer.render(
            .kubeadmEtcd, hostContext(host).merging(clusterContext) { host, _ in host }.merging(context) { $1 })
        let merged = try KubeadmMerge(documents: spec.kubeadmDocuments).ofEtcd.applied(to: text)
        return RemoteFile(path: HostPath.kubeadmEtcd, mode: 0o600, text: merged)
    }

    /// How a joining host finds and trusts the cluster.
    enum Discovery {
        /// By a file. It needs no signature of the token, which takes up to 13 s to appear after `kubeadm init`, but kubeadm
        /// waits 5 s before it first asks.
        case file
        /// By the token and the CA's hash. At once when the signature is there.
        case token
    }

    /// JoinConfiguration of a master or a node.
    func join(of host: Host, by discovery: Discovery) throws -> RemoteFile {
        let joining: [String: Any] = [
            "byFile": discovery == .file, "discoveryPath": HostPath.discovery,
            "controlPlaneEndpoint": spec.endpoint.authority, "caCertHash": RuntimeValue.caCertHash.marker,
        ]
        let text = try renderer.render(.kubeadmJoin, hostContext(host).merging(joining) { host, _ in host })
        let merged = try KubeadmMerge(documents: spec.kubeadmDocuments).applied(to: text)
        let path = discovery == .file ? HostPath.kubeadmJoin : HostPath.kubeadmJoinLater
        return RemoteFile(path: path, mode: 0o600, text: merged)
    }

    /// What `kubeadm init phase upload-certs` needs to encrypt the certificates anew with this run's key.
    func uploadCerts(of host: Host) throws -> RemoteFile {
        let context = hostContext(host).merging(clusterContext) { host, _ in host }
        return RemoteFile(
            path: HostPath.kubeadmUploadCerts, mode: 0o600, text: try renderer.render(.kubeadmUploadCerts, context))
    }

    /// The kubeconfig by which a joining host finds and trusts the cluster; it holds no credentials.
    func discovery() throws -> RemoteFile {
        let context: [String: Any] = [
            "controlPlaneEndpoint": spec.endpoint.authority,
            "clusterCA": RuntimeValue.clusterCA.marker,
        ]
        return RemoteFile(path: HostPath.discovery, mode: 0o600, text: try renderer.render(.discovery, context))
    }

    /// The Secret that makes this run's token known to a cluster that already stands.
    func bootstrapTokenSecret() throws -> String {
        try renderer.render(
            .bootstrapToken,
            [
                "tokenID": RuntimeValue.bootstrapTokenID.marker,
                "tokenSecret": RuntimeValue.bootstrapTokenSecret.marker,
                "tokenExpiry": RuntimeValue.tokenExpiry.marker,
            ])
    }

    private func hostContext(_ host: Host) -> [String: Any] {
        let isMaster = host.role == .master
        let taints = host.taints ?? (isMaster ? dialect.controlPlaneTaints : [])
        let arguments = [("node-ip", host.address.description)]
        let pairs = arguments.map { ["name": $0.0, "value": $0.1] }
        return [
            "api": dialect.api,
            "bootstrapToken": RuntimeValue.bootstrapToken.marker,
            "certificateKey": RuntimeValue.certificateKey.marker,
            "address": host.address.description,
            "port": spec.endpoint.serverPort,
            "nodeName": input.nodeName(of: host),
            "criSocket": dialect.criSocket,
            "knowsPullPolicy": dialect.knowsPullPolicy,
            "isMaster": isMaster,
            "hasTaints": !taints.isEmpty,
            // Left out for a worker without taints: kubeadm's own choice is none.
            "noTaints": taints.isEmpty && isMaster,
            "taints": taints.map { ["key": $0.key, "value": $0.value, "effect": $0.effect.rawValue] },
            "argumentMap": dialect.listsArguments ? [] : pairs,
            "argumentList": dialect.listsArguments ? pairs : [],
        ]
    }

    private var clusterContext: [String: Any] {
        let subnets = spec.podSubnets + spec.serviceSubnets
        let isDualStack = Set(subnets.map(\.base.family)).count > 1
        let controller = controllerArguments.map { ["name": $0.0, "value": $0.1] }
        return [
            "clusterName": spec.name,
            "kubernetes": spec.kubernetes.description,
            "controlPlaneEndpoint": spec.endpoint.authority,
            "imageRepository": spec.imageRepository,
            "dualStackGate": isDualStack && dialect.needsDualStackGate,
            "podSubnet": spec.podSubnets.map(\.description).joined(separator: ","),
            "serviceSubnet": spec.serviceSubnets.map(\.description).joined(separator: ","),
            "dnsDomain": spec.dnsDomain,
            "certSANs": spec.apiServerNames,
            "hasControllerArguments": !controller.isEmpty,
            "controllerArgumentMap": dialect.listsArguments ? [] : controller,
            "controllerArgumentList": dialect.listsArguments ? controller : [],
            "cgroupDriver": "systemd",
            "collectsPinnedImages": dialect.collectsPinnedImages,
            "proxyMode": spec.proxyMode.rawValue,
            // In ipvs mode kube-proxy deletes every IPVS service it does not know, the guardian's too, unless excluded.
            "excludeVIP": spec.proxyMode == .ipvs && spec.endpoint.guardian != nil,
            // Service addresses stand on kube-proxy's own interface in this mode: without it every node would answer for them.
            "strictARP": spec.proxyMode == .ipvs && !spec.servicePools.isEmpty,
            "vipBlock": spec.endpoint.vip.map { CIDR(host: $0).description } ?? "",
            "hasExternalEtcd": !spec.etcdTopology.isStacked,
            "etcdEndpoints": (spec.etcdTopology.endpoints ?? []).map(\.description),
            "etcdCA": HostPath.etcdCA, "etcdClient": HostPath.etcdClient, "etcdClientKey": HostPath.etcdClientKey,
        ]
    }

    /// The controller manager cuts each node's block out of the pod subnets: /24 and /64 by default, which a pod subnet
    /// of that length or longer does not allow.
    private var controllerArguments: [(String, String)] {
        let isDualStack = spec.podSubnets.count > 1
        return spec.podSubnets.compactMap { subnet in
            let usual = subnet.base.family == .v4 ? 24 : 64
            guard subnet.prefix >= usual else { return nil }
            let size = min(subnet.prefix + 8, subnet.base.family.bits - 4)
            let suffix = isDualStack ? (subnet.base.family == .v4 ? "-ipv4" : "-ipv6") : ""
            return ("node-cidr-mask-size\(suffix)", String(size))
        }
    }
}
