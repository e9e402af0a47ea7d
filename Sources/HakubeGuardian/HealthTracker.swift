// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What one look at a real server found.
package enum ProbeResult: Sendable, Hashable, CustomStringConvertible {
    /// An HTTP status.
    case answered(status: Int)
    /// Nobody listens: the host is alive, the API server is not.
    case refused
    /// No answer in time.
    case timedOut
    /// The connection broke or was never possible, with the reason.
    case broken(String)
    /// TLS failed, mostly because the certificate is not of this cluster.
    case untrusted(String)

    /// 401 and 403 are answers of a living API server whose anonymous access is off; 429 of a busy one.
    package var isHealthy: Bool {
        guard case .answered(let status) = self else { return false }
        return (200..<300).contains(status) || [401, 403, 429].contains(status)
    }

    package var description: String {
        switch self {
        case .answered(let status): "HTTP \(status)"
        case .refused: "connection refused"
        case .timedOut: "no answer in time"
        case .broken(let reason): reason
        case .untrusted(let reason): "not trusted: \(reason)"
        }
    }
}

/// What is thought of a real server.
package enum Health: String, Sendable, Hashable {
    /// Not looked at yet; counts as up.
    case unknown
    case up
    /// Alive, but not able or not willing to serve: gets no new connections, keeps the old ones.
    case sick
    /// Dead or silent: its connections lead nowhere.
    case down

    package var takesNewConnections: Bool { self == .up || self == .unknown }
}

/// Turns probe results of one real server into its health. Pure: results in, changes out.
///
/// The first result counts alone, as does a refusal: a kernel that answers with RST leaves no doubt. Everything else
/// needs `fall` failures or `rise` successes in a row, so that a single lost packet moves nothing.
package struct HealthTracker: Sendable, Hashable {
    package struct Thresholds: Sendable, Hashable {
        package var rise = 2
        package var fall = 2
        package init() {}
    }

    package private(set) var health = Health.unknown
    package private(set) var lastResult: ProbeResult?
    private let thresholds: Thresholds
    private var successes = 0
    private var failures = 0

    package init(thresholds: Thresholds = Thresholds()) { self.thresholds = thresholds }

    /// Returns whether the health changed.
    package mutating func observe(_ result: ProbeResult) -> Bool {
        let before = health
        lastResult = result
        if result.isHealthy {
            failures = 0
            successes += 1
            if health == .unknown || successes >= thresholds.rise { health = .up }
        } else {
            successes = 0
            failures += 1
            let isCertain = health == .unknown || result == .refused
            // A sick one that falls silent is dead, and the other way round, by the same count.
            if isCertain || failures >= thresholds.fall { health = Self.failing(by: result) }
        }
        return health != before
    }

    private static func failing(by result: ProbeResult) -> Health {
        switch result {
        case .answered, .untrusted: .sick
        case .refused, .timedOut, .broken: .down
        }
    }
}
