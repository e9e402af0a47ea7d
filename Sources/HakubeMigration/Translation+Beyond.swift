// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What other tools have and hakube's inventory has no word for yet: load balancers in front of the API servers, and etcd on
/// hosts of its own. Everything of the kind comes through here, so that a new key of the inventory has one place to be used.
extension Translation {
    /// A load balancer in front of the API servers.
    ///
    /// - Parameter settings: the values that say what it is and where.
    mutating func leave(loadBalancer settings: [SourceNode], _ what: String) {
        for setting in settings {
            ledger.leave(
                setting, "\(what), and with hakube the guardian on every worker balances over the masters",
                "leave it out; what clients outside the cluster use goes into `certSANs`")
        }
    }

    /// etcd that stands outside of the cluster already.
    mutating func leave(externalEtcd settings: [SourceNode], of tool: String) {
        for setting in settings {
            ledger.leave(
                setting, "it is \(tool)'s word for an etcd outside of the cluster, and hakube has etcd on the masters",
                "leave it out; what is in that etcd does not come along")
        }
    }

    /// Hosts that have etcd and nothing else.
    mutating func leave(etcdHosts: [SourceNode], of tool: String) {
        for host in etcdHosts {
            ledger.leave(
                host, "it is a host for etcd alone in \(tool), and hakube has etcd on the masters",
                "make it a master or a node, or leave it out")
        }
    }
}
