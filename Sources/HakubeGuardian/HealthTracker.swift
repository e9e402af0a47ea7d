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

    /// A stranger was let in and told that all is well.
    package var isAdmission: Bool {
        guard case .answered(let status) = self else { return false }
        return (200..<300).contains(status)
    }

    /// 401 is the answer of a living API server whose anonymous access is off, 429 that of a busy one, 403 that of one where
    /// strangers may not ask. But a server that starts says 403 to everybody until its authorizer has loaded (a second with
    /// Kubernetes 1.20), and while another one lets strangers in, that is why.
    package func isHealthy(whileAnotherAdmits: Bool = false) -> Bool {
        guard case .answered(let status) = self else { return false }
        return isAdmission || [401, 429].contains(status) || status == 403 && !whileAnotherAdmits
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
    /// Dead: its connections lead nowhere.
    case down
}

/// Turns what is seen of one real server into its health. Pure: observations in, changes out.
///
/// The sentinel's pulse says whether there is a living process; the readiness probe whether it wants traffic. The first
/// answer counts alone. After that a probe needs `fall` failures or `rise` successes in a row, so that one slow moment
/// moves nothing, while a refusal leaves no doubt: the server's kernel itself says that nobody listens.
package struct HealthTracker: Sendable, Hashable {
    package struct Thresholds: Sendable, Hashable {
        package var rise = 2
        package var fall = 2
        /// A process that is silent for this long, in milliseconds, is as good as dead: its connections are given up.
        package var mourning: Int64 = 5000
        package init() {}
    }

    package private(set) var health = Health.unknown
    package private(set) var pulse = Pulse.unknown
    package private(set) var lastResult: ProbeResult?
    private let thresholds: Thresholds
    private var successes = 0
    private var failures = 0
    private var silentSince: Int64?

    package init(thresholds: Thresholds = Thresholds()) { self.thresholds = thresholds }

    /// Whether the next look should come soon: the last one alone decided nothing.
    package var isUndecided: Bool {
        switch health {
        case .up: failures > 0
        case .unknown: true
        case .sick, .down: successes > 0
        }
    }

    /// Whether looking makes sense: where nobody listens or answers, the sentinel knows already.
    package var isWorthLooking: Bool { pulse == .unknown || pulse == .beating }

    /// Whether the server's own kernel says that nobody listens: no fault of this node can look like that.
    package var isRefused: Bool { pulse == .refused || pulse == .unknown && lastResult == .refused }

    /// Why the health is what it is.
    package var reason: String {
        switch pulse {
        case .leaving, .refused, .hostSilent, .processSilent: pulse.description
        case .unknown, .beating: lastResult?.description ?? "not looked at yet"
        }
    }

    /// Whether it is in use and lets strangers ask.
    package var admits: Bool { health == .up && lastResult?.isAdmission == true }

    /// Takes a result of the readiness probe. Returns whether the health changed.
    ///
    /// - Parameter anotherAdmits: some other server of this cluster lets strangers ask.
    package mutating func observe(_ result: ProbeResult, anotherAdmits: Bool = false) -> Bool {
        let before = health
        lastResult = result
        if result.isHealthy(whileAnotherAdmits: anotherAdmits) {
            failures = 0
            successes += 1
            if health == .unknown || successes >= thresholds.rise { health = .up }
        } else {
            successes = 0
            failures += 1
            let isCertain = health == .unknown || result == .refused
            if isCertain || failures >= thresholds.fall { health = failing(by: result) }
        }
        return health != before
    }

    /// Takes the sentinel's verdict, `now` in milliseconds. Returns whether the health changed.
    package mutating func observe(_ pulse: Pulse, at now: Int64) -> Bool {
        let before = health
        self.pulse = pulse
        silentSince = pulse == .processSilent ? silentSince ?? now : nil
        switch pulse {
        case .refused, .hostSilent: health = .down
        // The old connections may live on: what is only slow comes back, what shuts down ends them itself.
        case .processSilent, .leaving: if health != .down { health = .sick }
        // A process that is back has yet to prove that it is ready.
        case .unknown, .beating: return false
        }
        successes = 0
        failures = 0
        return health != before
    }

    /// Lets time pass. Returns whether the health changed.
    package mutating func pass(at now: Int64) -> Bool {
        guard let silentSince, health == .sick, now - silentSince >= thresholds.mourning else { return false }
        health = .down
        return true
    }

    private func failing(by result: ProbeResult) -> Health {
        switch result {
        // With a pulse it is no corpse, but on its way out.
        case .refused: pulse == .beating ? .sick : .down
        // Whether there is nobody at all is the sentinel's to say.
        case .answered, .untrusted, .timedOut, .broken: .sick
        }
    }
}
