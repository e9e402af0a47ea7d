// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// All that a plan is made from. Same input, same plan, byte for byte.
package struct PlanInput: Sendable {
    package let spec: ClusterSpec
    /// Facts of every host of the specification.
    package let facts: [HostID: Facts]
    /// `nil` only where a plan is looked at without a bundle; it then cannot be carried out.
    package let bundle: BundleContents?
    /// Upper bound of lanes side by side.
    package let parallel: Int
    /// Hosts that are made members from the ground up; `nil` means all. The others are members already, and only learn of
    /// what changes.
    package let newcomers: Set<HostID>?
    /// Members that cannot be reached and are left as they are.
    package let absent: Set<HostID>
    /// The members of an etcd on hosts of its own, where one stands and could tell.
    package let etcdMembers: [EtcdMember]?

    package init(
        spec: ClusterSpec, facts: [HostID: Facts], bundle: BundleContents?, parallel: Int,
        newcomers: Set<HostID>? = nil, absent: Set<HostID> = [], etcdMembers: [EtcdMember]? = nil
    ) {
        self.spec = spec
        self.facts = facts
        self.bundle = bundle
        self.parallel = parallel
        self.newcomers = newcomers
        self.absent = absent
        self.etcdMembers = etcdMembers
    }

    /// A plan's input that supposes every host to be newly installed.
    package static func assumingFresh(_ spec: ClusterSpec, bundle: BundleContents?, parallel: Int) -> PlanInput {
        let architecture = bundle?.manifest.arches.first ?? .amd64
        let facts = spec.hosts.map { ($0.id, Facts.fresh(for: $0, architecture: architecture)) }
        return PlanInput(
            spec: spec, facts: Dictionary(uniqueKeysWithValues: facts), bundle: bundle, parallel: parallel)
    }

    /// The specification with every host's node name in it.
    package var completed: ClusterSpec {
        let names = Dictionary(uniqueKeysWithValues: spec.hosts.map { ($0.id, nodeName(of: $0)) })
        return ClusterRecord(spec: spec, nodeNames: names).spec()
    }

    func isNewcomer(_ host: Host) -> Bool { newcomers?.contains(host.id) ?? true }

    func facts(of host: Host) -> Facts { facts[host.id] ?? .fresh(for: host) }

    /// The architecture whose part of the bundle the host gets. Preflight has refused what the bundle is not for.
    func architecture(of host: Host) -> Architecture {
        facts(of: host).architecture ?? bundle?.manifest.arches.first ?? .amd64
    }

    /// The name the node gets: the inventory's, else the host's own.
    func nodeName(of host: Host) -> String { host.name ?? facts(of: host).hostname.lowercased() }
}

/// What the planner needs to know of a bundle.
package struct BundleContents: Sendable {
    package let manifest: BundleManifest
    /// Names the bundle in paths on the hosts: the first 12 hex digits of the manifest's SHA-256.
    package let id: String
    /// manifests/pod-network.yaml with its `{{podSubnet}}` still open; `nil` when the bundle brings no pod network.
    package let podNetwork: String?
    /// The other manifests, in the order of their names: applied once, after the pod network.
    package let addOns: [AddOn]

    package struct AddOn: Sendable, Hashable {
        /// The file's name without its ending; a name that an object of the API server may have.
        package let name: String
        package let text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    package init(manifest: BundleManifest, id: String, podNetwork: String?, addOns: [AddOn] = []) {
        self.manifest = manifest
        self.id = id
        self.podNetwork = podNetwork
        self.addOns = addOns
    }
}
