// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// One host's identity in plans, events and file names: its address as the user wrote it.
package struct HostID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    package static func < (left: HostID, right: HostID) -> Bool { left.description < right.description }
}

package enum Role: String, Sendable, Hashable, CaseIterable {
    /// A control-plane host; `control-plane` in kubeadm's own terms.
    case master
    /// A worker host.
    case node
    /// A host that runs a member of etcd and nothing else; no node of Kubernetes.
    case etcd

    /// The roles that bundles know: what an etcd host gets follows from what a master gets.
    package static let bundled: [Role] = [.master, .node]

    /// The role in a sentence.
    package var title: String { self == .etcd ? "etcd host" : rawValue }
    package var article: String { self == .etcd ? "an \(title)" : "a \(title)" }
}

/// How to log in to a host. `nil` means: as ~/.ssh/config and the defaults say.
package struct SSHAccess: Sendable, Hashable {
    package var user: String?
    package var port: Int?
    /// Path of a private key on the operator's machine.
    package var keyPath: String?
    /// Hosts to go through, the one that is connected to first in front. Empty: the host is reached directly, said on purpose.
    package var bastions: [Bastion]?

    package init(user: String? = nil, port: Int? = nil, keyPath: String? = nil, bastions: [Bastion]? = nil) {
        self.user = user
        self.port = port
        self.keyPath = keyPath
        self.bastions = bastions
    }
}

/// A taint as kubectl writes it: key=value:effect, the value may be empty.
package struct Taint: Sendable, Hashable, CustomStringConvertible {
    package enum Effect: String, Sendable, Hashable, CaseIterable {
        case noSchedule = "NoSchedule"
        case preferNoSchedule = "PreferNoSchedule"
        case noExecute = "NoExecute"
    }

    package let key: String
    package let value: String
    package let effect: Effect

    package init(key: String, value: String = "", effect: Effect) {
        self.key = key
        self.value = value
        self.effect = effect
    }

    package var description: String {
        value.isEmpty ? "\(key):\(effect.rawValue)" : "\(key)=\(value):\(effect.rawValue)"
    }
}

/// A host of the cluster as the inventory gives it, completed.
package struct Host: Sendable, Hashable, Identifiable {
    package let id: HostID
    package let role: Role
    /// Where sshd listens: an address, or a name the operator's machine can resolve.
    package let sshAddress: String
    package let access: SSHAccess
    /// What the cluster uses: node-ip, advertiseAddress, certificate names. The ssh address unless given apart.
    package let address: IPAddress
    /// The node name the user asks for; `nil`: the host's own name.
    package let name: String?
    package let labels: [String: String]
    /// `nil`: kubeadm's own choice (masters tainted, workers not); empty: no taint at all.
    package let taints: [Taint]?

    package init(
        id: HostID, role: Role, sshAddress: String, access: SSHAccess = SSHAccess(), address: IPAddress,
        name: String? = nil, labels: [String: String] = [:], taints: [Taint]? = nil
    ) {
        self.id = id
        self.role = role
        self.sshAddress = sshAddress
        self.access = access
        self.address = address
        self.name = name
        self.labels = labels
        self.taints = taints
    }
}
