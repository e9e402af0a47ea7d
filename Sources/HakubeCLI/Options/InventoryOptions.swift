// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle
import HakubeModel
import HakubePlan

/// What the cluster shall be: an inventory file, flags, or both.
struct InventoryOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "Inventory file (YAML); docs/inventory.md explains every key.")
    var file: String?

    @Option(
        help: ArgumentHelp(
            "Control-plane hosts, an odd number of them unless etcd is elsewhere.",
            discussion: """
                A comma list of addresses and ranges: 10.0.0.1-3, 10.0.0.1-10.0.1.9, user@10.0.0.1:2222, \
                [fd00::1]:2222. The flag may be repeated; it replaces the list of the file.
                """, valueName: "hosts"))
    var masters: [String] = []

    @Option(help: ArgumentHelp("Worker hosts, written like --masters.", valueName: "hosts"))
    var nodes: [String] = []

    @Option(
        help: ArgumentHelp(
            "Hosts of etcd's own, an odd number of them, written like --masters.",
            discussion: "Without them each master runs a member of etcd.", valueName: "hosts"))
    var etcd: [String] = []

    @Option(help: ArgumentHelp("Login name where a host has none of its own.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("Port of sshd where a host has none of its own.", valueName: "number"))
    var port: String?

    @Option(help: ArgumentHelp("Private key where a host has none of its own.", valueName: "path"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Host to go through on the way where a host has none of its own.",
            discussion: "[user@]host[:port]; a comma list is passed in its order; `none` means no bastion.",
            valueName: "host"))
    var bastion: String?

    @Option(help: ArgumentHelp("Name of the cluster (default: hakube).", valueName: "name"))
    var cluster: String?

    @Option(help: ArgumentHelp("Kubernetes release, such as v1.34.2 (default: the bundle's).", valueName: "version"))
    var kubernetes: String?

    @Option(
        help: ArgumentHelp(
            "How the endpoint stays available: guardian (default), kube-vip, keepalived, haproxy-keepalived or external.",
            discussion: "docs/ha.md says when to take which.", valueName: "name"))
    var strategy: String?

    @Option(
        help: ArgumentHelp(
            "Address that means the API server on workers (default with guardians: 10.103.97.2, or fd00:10:103:97::2).",
            discussion:
                "With kube-vip and keepalived a free address of the masters' network, which moves between them.",
            valueName: "address"))
    var vip: String?

    @Option(
        help: ArgumentHelp(
            "How the guardian runs on workers: pod (default) or systemd.",
            discussion: "Run init with the other one, and it changes over without a gap.", valueName: "mode"))
    var guardian: String?

    @Option(
        help: ArgumentHelp(
            "Name and port of the API server for all clients (default: apiserver.cluster.local:6443).",
            valueName: "name[:port]"))
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "Addresses of pods, one block or \"v4,v6\" (default: 10.244.0.0/16, or fd00:10:244::/56).",
            valueName: "block"))
    var podSubnet: [String] = []

    @Option(
        help: ArgumentHelp(
            "Addresses of services, one block or \"v4,v6\" (default: 10.96.0.0/12, or fd00:10:96::/112).",
            valueName: "block"))
    var serviceSubnet: [String] = []

    @Option(help: ArgumentHelp("DNS domain of services (default: cluster.local).", valueName: "domain"))
    var dnsDomain: String?

    @Option(
        help: ArgumentHelp(
            "Where the control plane's images come from (default: that of the bundle, else kubeadm's own).",
            valueName: "repository"))
    var imageRepository: String?

    @Option(
        help: ArgumentHelp(
            "One more name or address in the API server's certificate; may be repeated.", valueName: "name"))
    var certSan: [String] = []

    @Option(help: ArgumentHelp("How kube-proxy works: iptables (default), ipvs or nftables.", valueName: "mode"))
    var proxyMode: String?

    /// The flags as the model takes them; checked there, so that every problem comes at once.
    var overrides: InventoryOverrides {
        var overrides = InventoryOverrides()
        overrides.masters = masters
        overrides.nodes = nodes
        overrides.etcd = etcd
        overrides.user = user
        overrides.port = port
        overrides.key = key
        overrides.bastion = bastion
        overrides.cluster = cluster
        overrides.kubernetes = kubernetes
        overrides.vip = vip
        overrides.guardian = guardian
        overrides.strategy = strategy
        overrides.endpoint = endpoint
        overrides.podSubnets = podSubnet
        overrides.serviceSubnets = serviceSubnet
        overrides.dnsDomain = dnsDomain
        overrides.imageRepository = imageRepository
        overrides.certSANs = certSan
        overrides.proxyMode = proxyMode
        return overrides
    }

    /// The specification these options ask for.
    ///
    /// - Parameters:
    ///   - bundleKubernetes: the release of the bundle, if there is one.
    ///   - bundleRepository: where its images of the control plane have their names.
    ///   - allowsEvenMasters: true where nothing will be installed.
    func clusterSpec(
        bundleKubernetes: KubernetesVersion? = nil, bundleRepository: String? = nil, allowsEvenMasters: Bool = false
    ) throws(InventoryError) -> ClusterSpec {
        let inventory = try file.map(InventoryFile.read) ?? Inventory()
        return try ClusterSpec.make(
            inventory: inventory, overrides: overrides, bundleKubernetes: bundleKubernetes,
            bundleRepository: bundleRepository, allowsEvenMasters: allowsEvenMasters)
    }

    /// Opens the bundle. Where it is of no use, what is wrong with the inventory is told beside it.
    ///
    /// - Throws: `BundleError`, or `InventoryError` with the problems of both.
    func open(_ bundle: BundleOptions) throws -> BundleSet {
        do { return try bundle.read() } catch let error as BundleError {
            do throws(InventoryError) { _ = try standingCluster() } catch let faults {
                throw InventoryError(problems: faults.problems + error.problems)
            }
            throw error
        }
    }

    /// The specification, and what planning needs of the bundle if there is one.
    ///
    /// - Throws: `BundleError`, `InventoryError`.
    func planned(
        with bundles: BundleSet?, allowsEvenMasters: Bool = false
    ) throws -> (spec: ClusterSpec, contents: BundleContents?) {
        let contents = try bundles.map { try BundleContents(reading: $0) }
        let spec = try clusterSpec(
            bundleKubernetes: contents?.manifest.version, bundleRepository: contents?.manifest.imageRepository,
            allowsEvenMasters: allowsEvenMasters)
        return (spec, contents)
    }

    /// The specification of a cluster that is only looked at.
    func standingCluster() throws(InventoryError) -> ClusterSpec {
        try Self.standingCluster(file: file, overrides: overrides)
    }

    /// The specification of a cluster that is only looked at, so that no release need be named: its hosts and its endpoint
    /// do not depend on one.
    static func standingCluster(file: String?, overrides: InventoryOverrides) throws(InventoryError) -> ClusterSpec {
        var inventory = try file.map(InventoryFile.read) ?? Inventory()
        let isNamed = inventory.kubernetes != nil || overrides.kubernetes != nil
        // Documents of kubeadm's can be read only by the release they are for.
        if !isNamed { inventory.kubeadm = [] }
        return try ClusterSpec.make(
            inventory: inventory, overrides: overrides, bundleKubernetes: isNamed ? nil : KubernetesVersion("v1.34.0"),
            allowsEvenMasters: true, readsPasswords: false)
    }
}
