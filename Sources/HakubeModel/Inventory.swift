// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What the user wrote, in a file or as flags: texts and their places, not yet checked for sense.
///
/// `nil` means: not written. `ClusterSpec.make` turns it into a specification or into every problem at once.
package struct Inventory: Sendable, Hashable {
    /// One entry of `masters`, `nodes` or `etcd.hosts`. A list or range of addresses shares everything the entry says.
    package struct Entry: Sendable, Hashable {
        /// An address, a list or a range as in the flags.
        package var hosts: Placed<String>
        package var name: Placed<String>?
        package var access = Access()
        package var internalAddress: Placed<String>?
        package var labels: [Label] = []
        package var taints: [Placed<String>]?

        package init(hosts: Placed<String>) { self.hosts = hosts }
    }

    /// A label of a node; key and value have the place of the key.
    package struct Label: Sendable, Hashable {
        package let key: Placed<String>
        package let value: String
    }

    /// How to log in, as written.
    package struct Access: Sendable, Hashable {
        package var user: Placed<String>?
        package var port: Placed<String>?
        package var key: Placed<String>?
        /// Hosts to go through, as a comma list.
        package var bastion: Placed<String>?
    }

    /// `endpoint.bgp`, as written.
    package struct Routing: Sendable, Hashable {
        package var place: String
        package var autonomousSystem: Placed<String>?
        /// Each `address=AS`.
        package var peers: [Placed<String>] = []
    }

    /// All entries of one role, and the place of the list itself.
    package struct Group: Sendable, Hashable {
        package var place: String
        package var entries: [Entry]
        /// Entries that could not be read at all; they have their own problems.
        package var unreadable = 0
    }

    /// Name of the file; `nil`: there is none, everything comes from flags.
    package var file: String?
    package var cluster: Placed<String>?
    package var kubernetes: Placed<String>?
    package var ssh = Access()
    package var masters: Group?
    package var nodes: Group?
    package var endpointName: Placed<String>?
    package var endpointPort: Placed<String>?
    package var vip: Placed<String>?
    package var guardian: Placed<String>?
    package var strategy: Placed<String>?
    package var interface: Placed<String>?
    package var serverPort: Placed<String>?
    package var virtualRouterID: Placed<String>?
    package var bgp: Routing?
    package var podSubnets: [Placed<String>]?
    package var serviceSubnets: [Placed<String>]?
    package var dnsDomain: Placed<String>?
    package var proxyMode: Placed<String>?
    package var imageRepository: Placed<String>?
    package var dnsReplicas: Placed<String>?
    /// Which hosts the DNS servers are kept on.
    package var dnsPlace: Placed<String>?
    package var servicePools: [PoolEntry] = []
    package var certSANs: [Placed<String>] = []
    package var kubeadm: [KubeadmDocument] = []
    package var registries: [RegistryEntry] = []
    package var etcd: EtcdSection?
    /// Texts of the files that the inventory names, by their paths as written; put here by whoever may read files.
    package var files: [String: String] = [:]
    /// The same for files that hold a password.
    package var passwords: [String: PasswordReading] = [:]
    /// The file is no map or no YAML at all: nothing can be said about what it lacks.
    package var isUnreadable = false
    /// What was wrong already with the form: unknown keys, lists in place of texts, broken YAML.
    package var problems: [Problem] = []

    package init() {}

    /// This inventory with everything that `flags` says in its place.
    ///
    /// Host lists are replaced, not joined, so that a flag always shows the whole list. Additional certificate
    /// names add up: a name given on purpose is never meant to take another away.
    package func overridden(by flags: Inventory) -> Inventory {
        var merged = self
        merged.cluster = flags.cluster ?? cluster
        merged.kubernetes = flags.kubernetes ?? kubernetes
        merged.ssh.user = flags.ssh.user ?? ssh.user
        merged.ssh.port = flags.ssh.port ?? ssh.port
        merged.ssh.key = flags.ssh.key ?? ssh.key
        merged.ssh.bastion = flags.ssh.bastion ?? ssh.bastion
        merged.masters = flags.masters ?? masters
        merged.nodes = flags.nodes ?? nodes
        merged.etcd = flags.etcd ?? etcd
        merged.endpointName = flags.endpointName ?? endpointName
        merged.endpointPort = flags.endpointPort ?? endpointPort
        merged.vip = flags.vip ?? vip
        merged.guardian = flags.guardian ?? guardian
        merged.strategy = flags.strategy ?? strategy
        merged.podSubnets = flags.podSubnets ?? podSubnets
        merged.serviceSubnets = flags.serviceSubnets ?? serviceSubnets
        merged.dnsDomain = flags.dnsDomain ?? dnsDomain
        merged.proxyMode = flags.proxyMode ?? proxyMode
        merged.imageRepository = flags.imageRepository ?? imageRepository
        merged.certSANs += flags.certSANs
        merged.kubeadm += flags.kubeadm
        merged.problems += flags.problems
        return merged
    }
}
