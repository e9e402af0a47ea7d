// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension ClusterSpec {
    /// Completes an inventory and checks it.
    ///
    /// - Parameters:
    ///   - overrides: what the command line says; it counts where both say something.
    ///   - bundleKubernetes: the release the bundle holds, which is the default and the only one that can be installed.
    ///   - bundleRepository: where the bundle's images of the control plane have their names, which is the default.
    ///   - allowsEvenMasters: true where the specification is only looked at: an even number of voters is unwise, not
    ///     unreadable.
    ///   - readsPasswords: false where nothing is written to hosts, so that the files with registries' passwords need not be
    ///     there.
    /// - Throws: every problem there is, sorted by place.
    package static func make(
        inventory: Inventory = Inventory(), overrides: InventoryOverrides = InventoryOverrides(),
        bundleKubernetes: KubernetesVersion? = nil, bundleRepository: String? = nil, allowsEvenMasters: Bool = false,
        readsPasswords: Bool = true
    ) throws(InventoryError) -> ClusterSpec {
        if inventory.isUnreadable { throw InventoryError(problems: inventory.problems) }
        var check = ClusterSpecValidation(
            inventory.overridden(by: overrides.inventory), allowsEvenMasters: allowsEvenMasters,
            readsPasswords: readsPasswords)
        let kubernetes = check.kubernetes(bundle: bundleKubernetes)
        let name = check.clusterName()
        check.checkSharedAccess()
        let masters = check.hosts(.master)
        let nodes = check.hosts(.node)
        let etcdHosts = check.hosts(.etcd)
        let hosts = masters + nodes + etcdHosts
        check.checkHosts(masters: masters, nodes: nodes, etcd: etcdHosts)
        let etcd = check.etcd(hosts: etcdHosts)
        let network = check.network(hosts: hosts, kubernetes: kubernetes)
        let endpoint = check.endpoint(network: network, hosts: hosts)
        let proxyMode = check.proxyMode(kubernetes: kubernetes)
        check.checkServiceAddress(of: endpoint, network: network, proxyMode: proxyMode)
        let repository = check.imageRepository(kubernetes: kubernetes, bundle: bundleRepository)
        let names = check.certificateNames()
        let registries = check.registries()
        let dns = check.dns(masters: masters)
        let pools = check.servicePools(endpoint: endpoint, network: network, hosts: hosts)
        check.checkKubeadm(kubernetes: kubernetes, vip: endpoint?.guardian == nil ? nil : endpoint?.vip)
        // Every `nil` has its problem, so the two conditions fail together.
        guard check.problems.isEmpty, let kubernetes, let name, let endpoint, let network, let proxyMode,
            let repository,
            let etcd
        else { throw InventoryError(problems: check.sortedProblems) }
        return ClusterSpec(
            name: name, kubernetes: kubernetes, masters: masters.map(\.host), nodes: nodes.map(\.host),
            endpoint: endpoint, podSubnets: network.pods.map(\.value), serviceSubnets: network.services.map(\.value),
            dnsDomain: network.dnsDomain, imageRepository: repository, extraCertSANs: names, proxyMode: proxyMode,
            kubeadmDocuments: check.inventory.kubeadm.map(\.text), registries: registries, dns: dns,
            servicePools: pools, etcd: etcd)
    }
}

/// Collects problems while an inventory becomes a specification.
struct ClusterSpecValidation {
    /// Flags merged in.
    let inventory: Inventory
    let allowsEvenMasters: Bool
    let readsPasswords: Bool
    private(set) var problems: [Problem]

    init(_ inventory: Inventory, allowsEvenMasters: Bool = false, readsPasswords: Bool = true) {
        self.inventory = inventory
        self.allowsEvenMasters = allowsEvenMasters
        self.readsPasswords = readsPasswords
        problems = inventory.problems
    }

    mutating func refuse(_ place: String, _ message: String, _ remedy: String) {
        problems.append(Problem(place: place, message: message, remedy: remedy))
    }

    mutating func add(_ more: [Problem]) { problems += more }

    /// The place of what is not written: the file, or the flag if there is no file.
    func missing(_ flag: String) -> String { inventory.file ?? flag }

    /// Flags first, then the file from top to bottom; each sentence once.
    var sortedProblems: [Problem] {
        func line(_ problem: Problem) -> Int {
            guard let file = inventory.file, problem.place.hasPrefix("\(file):") else {
                return problem.place == inventory.file ? Int.max : -1
            }
            return Int(problem.place.dropFirst(file.count + 1)) ?? 0
        }
        var seen: Set<Problem> = []
        return problems.filter { seen.insert($0).inserted }.enumerated()
            .sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }
            .map(\.element)
    }
}
