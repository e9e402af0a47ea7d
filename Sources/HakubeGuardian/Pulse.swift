// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What the kept connection to a real server tells about the process behind it.
package enum Pulse: Sendable, Hashable, CustomStringConvertible {
    /// No verdict: nothing was heard yet, or the connection fails in a way that the readiness probe has to judge.
    case unknown
    case beating
    /// It answers what it has and takes nothing new: it is shutting down.
    case leaving
    /// Nobody listens. Certain: the server's own kernel says so.
    case refused
    /// Not even the server's kernel answers: the host, its link or the way to it is gone.
    case hostSilent
    /// The server's kernel takes what is sent, but the process keeps silent: stopped, stuck or starved.
    case processSilent

    package var isSilent: Bool { self == .hostSilent || self == .processSilent }

    package var description: String {
        switch self {
        case .unknown: "not known"
        case .beating: "beating"
        case .leaving: "it takes no new connections"
        case .refused: "connection refused"
        case .hostSilent: "the host is silent"
        case .processSilent: "the process is silent"
        }
    }
}
