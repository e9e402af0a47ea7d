// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The name and port that every client of the cluster uses, and how they stay available.
package struct Endpoint: Sendable, Hashable {
    /// How the guardian runs on a worker.
    package enum GuardianMode: String, Sendable, Hashable, CaseIterable {
        /// A static pod of the kubelet's.
        case pod
        /// A unit of its own, which needs neither kubelet nor container runtime.
        case systemd
    }

    /// How the endpoint stays available.
    package enum Strategy: Sendable, Hashable {
        /// A balancer on every worker, for an address that exists on that worker only.
        case guardian(vip: IPAddress, mode: GuardianMode)
        /// kube-vip on the masters moves the address to the one that leads.
        case kubeVIP(FloatingAddress, Announcement)
        /// keepalived on the masters moves the address to one whose API server and kubelet are well.
        case keepalived(FloatingAddress)
        /// The same address, and behind it a haproxy on every master that balances over all API servers.
        case haproxyKeepalived(FloatingAddress)
        /// Somebody else's load balancer or DNS; hakube leaves the hosts' name resolution alone.
        case external

        /// The words of the inventory.
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            case guardian
            case kubeVIP = "kube-vip"
            case keepalived
            case haproxyKeepalived = "haproxy-keepalived"
            case external
        }

        package var kind: Kind {
            switch self {
            case .guardian: .guardian
            case .kubeVIP: .kubeVIP
            case .keepalived: .keepalived
            case .haproxyKeepalived: .haproxyKeepalived
            case .external: .external
            }
        }
    }

    package static let defaultName = "apiserver.cluster.local"
    /// Where API servers listen unless told otherwise.
    package static let defaultPort = 6443
    /// haproxy's port on masters, where the API server has the usual one.
    package static let defaultBalancerPort = 8443

    /// DNS name, lower case; each host resolves it through its own /etc/hosts. Of an external endpoint it is whatever clients
    /// resolve by themselves, or an address.
    package let name: String
    package let port: Int
    /// Where the API servers themselves listen. The endpoint's own port unless something stands in front of them.
    package let serverPort: Int
    package let strategy: Strategy

    package init(name: String = defaultName, port: Int = defaultPort, serverPort: Int? = nil, strategy: Strategy) {
        self.name = name
        self.port = port
        self.serverPort = serverPort ?? port
        self.strategy = strategy
    }

    package init(
        name: String = defaultName, port: Int = defaultPort, vip: IPAddress, guardian: GuardianMode = .pod
    ) {
        self.init(name: name, port: port, strategy: .guardian(vip: vip, mode: guardian))
    }

    /// `name:port`, kubeadm's controlPlaneEndpoint.
    package var authority: String { "\(IPAddress(name)?.bracketed ?? name):\(port)" }

    package var kind: Strategy.Kind { strategy.kind }

    /// What people read: the name and what it means for workers.
    package var summary: String {
        switch strategy {
        case .guardian(let vip, _): "\(authority), \(vip) on workers"
        case .external: "\(authority), external"
        default: "\(authority), \(vip?.description ?? "") by \(kind.rawValue)"
        }
    }

    /// What the name means on workers; `nil` where hakube has no say in it.
    package var vip: IPAddress? {
        if case .guardian(let vip, _) = strategy { return vip }
        return floating?.address
    }

    /// The address that moves between masters, where there is one.
    package var floating: FloatingAddress? {
        switch strategy {
        case .kubeVIP(let address, _), .keepalived(let address), .haproxyKeepalived(let address): address
        case .guardian, .external: nil
        }
    }

    /// How guardians run; `nil` where workers have none.
    package var guardian: GuardianMode? {
        if case .guardian(_, let mode) = strategy { return mode }
        return nil
    }

    /// `address:port` by which a client outside of the cluster reaches an API server: the address that moves, whatever an
    /// external endpoint is, or this master where only workers have a way of their own.
    package func outside(through master: Host) -> String {
        if let floating { return "\(floating.address.bracketed):\(port)" }
        return kind == .external ? authority : "\(master.address.bracketed):\(serverPort)"
    }

    /// What listens on masters for the endpoint's sake: the API server, and what stands in front of it there.
    package var portsOnMasters: [Int] {
        kind == .haproxyKeepalived ? [serverPort, port] : [serverPort]
    }

    /// What the name means on a host by hakube's lines in /etc/hosts: a master itself, elsewhere the VIP. `nil`: hakube writes
    /// none.
    ///
    /// A master's kubelet and kube-proxy thus never depend on another master.
    package func meaning(on host: Host) -> IPAddress? {
        guard let vip else { return nil }
        return host.role == .master ? host.address : vip
    }
}
