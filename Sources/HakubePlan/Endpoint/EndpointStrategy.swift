// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// How the endpoint stays available: what it asks of each worker. One file a strategy.
protocol EndpointStrategy: Sendable {
    /// Makes the endpoint reachable from a worker that has no kubelet yet.
    func beforeJoin(_ host: Host) throws -> [Step]
    /// The form that stays, survives a reboot and needs nobody to look after it.
    ///
    /// - Parameter afterJoin: `beforeJoin` has its place in the same plan.
    func lasting(_ host: Host, afterJoin: Bool) throws -> [Step]
    /// Tells a worker that is a member already which masters there are now.
    func lists(_ host: Host) throws -> [Step]
    /// Proves that a worker reaches the endpoint by the way its kubelet goes.
    func reachable(from host: Host) -> Step
}
