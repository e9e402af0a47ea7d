// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension Endpoint {
    /// In what a program that moves the address would have to be told otherwise.
    package enum MovingDifference: Sendable, Hashable {
        case address, routerID, interface, announcement
    }

    /// How another endpoint's address moves otherwise by the same program; empty where none or another one moves it.
    package func movingDifferences(to other: Endpoint) -> [MovingDifference] {
        guard let old = floating, let new = other.floating, kind.mover == other.kind.mover else { return [] }
        var found: [MovingDifference] = []
        if old.address != new.address { found.append(.address) }
        // kube-vip has no such number.
        if kind != .kubeVIP, old.virtualRouterID != new.virtualRouterID { found.append(.routerID) }
        if old.interface != new.interface { found.append(.interface) }
        if case .kubeVIP(_, let old) = strategy, case .kubeVIP(_, let new) = other.strategy, old != new {
            found.append(.announcement)
        }
        return found
    }
}

extension Endpoint.Strategy.Kind {
    /// The program that moves the address between masters; `nil` where none does.
    var mover: String? {
        switch self {
        case .keepalived, .haproxyKeepalived: "keepalived"
        case .kubeVIP: "kube-vip"
        case .guardian, .external: nil
        }
    }
}
