// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// How traffic reaches the real servers.
package enum BackendKind: String, Sendable, CaseIterable {
    /// The kernel's virtual server: rules only, no traffic passes through the guardian.
    case ipvs
    /// A TCP proxy on the virtual address, for kernels without IPVS.
    case proxy
}

/// What a guardian was asked to guard, complete and free of contradictions.
package struct GuardianOptions: Sendable, Hashable {
    package var virtual: SocketAddress
    package var real: [SocketAddress]
    /// The source address of this node's own connections; nil: the kernel's choice towards the first real server.
    package var nodeAddress: IPAddress?
    /// nil: IPVS where the kernel has it, else the proxy.
    package var backend: BackendKind?
    /// The cluster's CA. Real servers are verified from the moment this file exists; it comes with `kubeadm join`.
    package var certificateAuthority: String
    /// Where status and the hand-over socket live.
    package var runDirectory: String
    /// Where the last configuration that was understood is kept.
    package var stateDirectory: String = Self.defaultStateDirectory
    /// A loopback address for metrics and liveness; nil: none.
    package var metrics: SocketAddress?
    /// The file that had a say, if any.
    package var configPath: String?

    /// The name of a setting that differs from another's and cannot change while a guardian runs; nil when only the list
    /// of real servers does.
    package func setting(otherThanIn other: GuardianOptions) -> String? {
        if virtual != other.virtual { return "virtual address" }
        if nodeAddress != other.nodeAddress { return "node address" }
        if backend != other.backend { return "backend" }
        if certificateAuthority != other.certificateAuthority { return "CA" }
        if metrics != other.metrics { return "address for metrics" }
        return runDirectory == other.runDirectory ? nil : "run directory"
    }

    package static let defaultConfigPath = "/etc/hakube/guardian.json"
    package static let defaultCertificateAuthority = "/etc/kubernetes/pki/ca.crt"
    package static let defaultRunDirectory = "/run/hakube"
    package static let defaultStateDirectory = "/var/lib/hakube"
    package static let defaultMetrics = SocketAddress("127.0.0.1:10281")
}

/// One command line, understood.
package enum GuardianCommand: Sendable, Hashable {
    /// Guard until SIGTERM, or until a later guardian takes over.
    case guardian(GuardianOptions)
    /// Make the rules, see one healthy real server, end. Only IPVS rules outlive the program.
    case once(GuardianOptions)
    /// Remove the rules and the route; a running guardian is told to end first.
    case clean(GuardianOptions)
    /// Tell which backend this kernel gives.
    case backend
    case status(runDirectory: String, json: Bool)
    /// Ask each target once, side by side.
    case check(CheckOptions)
    /// Listen whether somebody else uses a virtual router's number.
    case routers(RouterWatch)
    /// Measure how the endpoint answers until standard input ends.
    case probe(ProbeOptions)
    case help
    case version
}

/// A command line or configuration that cannot be obeyed; the text is one sentence for the operator.
package struct UsageError: Error, Hashable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
