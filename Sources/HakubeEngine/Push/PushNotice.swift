// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// Something that happened to a host's files on their way, and what was done about it.
package enum PushNotice: Sendable, Hashable {
    /// The courier cannot work there: tar and sha256sum of the host do.
    case plain(why: String)
    /// The courier has ended before its time, and is started once more.
    case courierEnded(how: String)
    /// The host that passed the files on is lost for this one; `now` does it, or the operator where that is `nil`.
    case sourceLost(HostID, why: String, now: HostID?)
    /// The host takes bytes slower than the others, and is made the last.
    case slow(behind: HostID?)
    /// The host passes bytes on slower than it gets them, and is made the last.
    case slowSender(behind: HostID?)
    /// The operator's bytes go to this host first now; the one before took them slower.
    case first(insteadOf: HostID)
    /// A host passed bytes on that it knew to be others; nobody gets any from it any more.
    case distrusted(HostID, path: String)

    /// Its name for logs and programs.
    package var word: String {
        switch self {
        case .plain: "push-plain"
        case .courierEnded: "push-courier-ended"
        case .sourceLost: "push-source-lost"
        case .slow: "push-slow"
        case .slowSender: "push-slow-sender"
        case .first: "push-first"
        case .distrusted: "push-distrusted"
        }
    }

    /// What an operator reads behind the host's name.
    package var sentence: String {
        switch self {
        case .plain(let why): "the courier cannot work here (\(why)); the files go with tar, from here"
        case .courierEnded(let how): "the courier \(how); it is started once more and gets the rest from here"
        case .sourceLost(let parent, let why, let now):
            "\(parent) \(why); the rest comes from \(now.map { "\($0)" } ?? "here")"
        case .slow(let last): "takes bytes slower than the others; it goes to the end\(Self.behind(last))"
        case .slowSender(let last): "passes bytes on slower than it gets them; it goes to the end\(Self.behind(last))"
        case .first(let old): "gets the bytes first now, since \(old) takes them slower than the line gives them"
        case .distrusted(let liar, let path):
            "\(liar) sent wrong bytes of \(path); they were thrown away, and nobody gets any from it any more"
        }
    }

    private static func behind(_ last: HostID?) -> String { last.map { ", behind \($0)" } ?? "" }
}

extension LinkFailure {
    /// What the parent did, as an operator reads it.
    var words: String {
        switch self {
        case .refused: "refuses the connection"
        case .unreachable: "cannot be reached (a firewall between the hosts?)"
        case .closed: "has closed the stream"
        case .silent: "says nothing"
        case .key: "cannot prove this run's key"
        case .cannot: "does not have what it should"
        case .garbled: "sent what makes no sense"
        }
    }
}
