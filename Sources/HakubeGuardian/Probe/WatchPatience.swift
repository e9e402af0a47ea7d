// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// When a client asks a connection that is silent whether it still carries, and when it gives it up.
///
/// client-go's rule for HTTP/2 since Kubernetes 1.20: a ping when no frame came for 30 s, and the connection is closed when
/// that is not answered within 15 s. Whatever else comes meanwhile is no answer.
package struct WatchPatience: Sendable, Hashable {
    package enum Act: Sendable, Hashable {
        case wait(milliseconds: Int64)
        case ping
        case giveUp
    }

    package var idle: Int64 = 30_000
    package var answer: Int64 = 15_000
    private var heard: Int64
    private var asked: Int64?

    /// - Parameter now: milliseconds of any clock that never goes back.
    package init(now: Int64) { heard = now }

    /// A frame came.
    package mutating func hear(at now: Int64) { heard = now }

    /// The ping was answered.
    package mutating func hearAnswer(at now: Int64) {
        asked = nil
        heard = now
    }

    /// What has to be done now; a ping that is told of counts as sent.
    package mutating func next(at now: Int64) -> Act {
        if let asked {
            let left = asked + answer - now
            return left <= 0 ? .giveUp : .wait(milliseconds: left)
        }
        let left = heard + idle - now
        guard left <= 0 else { return .wait(milliseconds: left) }
        asked = now
        return .ping
    }
}
