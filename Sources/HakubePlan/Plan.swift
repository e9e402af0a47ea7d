// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What will be done, as a value: phases in order, lanes side by side, steps in a lane one after another.
package struct Plan: Sendable, Hashable {
    package let cluster: String
    package let kubernetes: KubernetesVersion
    package let phases: [Phase]

    package init(cluster: String, kubernetes: KubernetesVersion, phases: [Phase]) {
        self.cluster = cluster
        self.kubernetes = kubernetes
        self.phases = phases
    }

    /// Every host that has a step.
    package var hosts: Set<HostID> { Set(phases.flatMap { $0.lanes.map(\.host) }) }
}

/// A part of the plan. The next phase starts when all lanes of this one have ended.
package struct Phase: Sendable, Hashable, Identifiable {
    package enum Order: Sendable, Hashable {
        /// At most `max` lanes at a time.
        case together(max: Int)
        case oneByOne

        /// How many lanes run at a time.
        package var width: Int {
            switch self {
            case .together(let max): max
            case .oneByOne: 1
            }
        }
    }

    /// Short and stable, e.g. `prepare`.
    package let id: String
    /// What an operator reads.
    package let title: String
    package let order: Order
    package let lanes: [Lane]

    package init(id: String, title: String, order: Order, lanes: [Lane]) {
        self.id = id
        self.title = title
        self.order = order
        self.lanes = lanes
    }
}

/// The steps of one host within a phase.
package struct Lane: Sendable, Hashable {
    package let host: HostID
    package let steps: [Step]

    package init(host: HostID, steps: [Step]) {
        self.host = host
        self.steps = steps
    }
}

/// One act on one host.
package struct Step: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        /// Runs a script.
        case run(Script)
        /// Runs a script that takes long as a unit of its own on the host: it outlives the connection, and a later run finds
        /// it by the step's id and waits for it. Needs root and systemd; the script holds no secret.
        case job(Script)
        /// Makes a file what it shall be; unchanged when text and mode are so already.
        case write(RemoteFile)
        /// Makes hakube's block in a file what it shall be and leaves all other lines alone.
        case block(ManagedBlock)
        /// Sends the bundle's files for a role and an architecture to a folder on the host.
        case push(role: Role, arch: Architecture, to: String)
        /// Reads a file of the host and keeps it, in base64, for the steps after.
        case capture(path: String, as: RuntimeValue)
        /// Reads a registry's login from its hosts.toml on the host and keeps it for the steps after.
        case learn(path: String, registry: String)
        /// Reads a kubeconfig of the host and keeps it on the operator's machine, mode 0600, with `server` as its server.
        case fetch(path: String, name: String, server: String?)
        /// Reads a file of the host and keeps it on the operator's machine as it is, mode 0600.
        case keep(path: String, name: String)
        /// Runs a script again and again until it succeeds; `every` seconds apart, `deadline` in all.
        case await(Script, deadline: Duration)
    }

    /// Stable within a lane, e.g. `kubeadm-init`.
    package let id: String
    /// What an operator reads, e.g. `kubeadm init`.
    package let title: String
    package let action: Action
    /// When this script succeeds the step is not needed and counts as unchanged.
    package let unless: Script?
    /// Steps of the same turn never run at the same time, whatever lane they stand in; they go in plan order.
    package let turn: String?
    /// True for an act that repeats without altering the host (a check, a wait): never counted as a change.
    package let readOnly: Bool
    /// What a push will send, as far as the facts tell; `nil` for every other act.
    package let load: PushLoad?

    package init(
        id: String, title: String, action: Action, unless: Script? = nil, turn: String? = nil, readOnly: Bool = false,
        load: PushLoad? = nil
    ) {
        self.id = id
        self.title = title
        self.action = action
        self.unless = unless
        self.turn = turn
        self.readOnly = readOnly
        self.load = load
    }
}
