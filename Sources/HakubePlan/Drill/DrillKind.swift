// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a drill stops in a master.
package enum DrillKind: String, Sendable, Hashable, CaseIterable, Codable {
    /// The API server's process dies, and the kubelet does not start it again.
    case process
    /// The host is there and nobody can reach it, nor it them.
    case network
    /// The host restarts without a word to anybody.
    case host

    /// Whether what was stopped can be put back; a host comes back by itself.
    package var canBePutBack: Bool { self != .host }
}
