// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// What all transfers of one call share.
struct FetchSession: Sendable {
    let options: FetchOptions
    let progress: any FetchProgress
    let client: HTTPClient
    let clock: FetchClock

    init(options: FetchOptions, progress: any FetchProgress, clock: FetchClock = .system, stallTime: Int = 30) {
        self.options = options
        self.progress = progress
        self.clock = clock
        client = HTTPClient(
            HTTPClient.Settings(
                caFile: options.caFile, plainHTTP: Set(options.plainHTTP.map { $0.lowercased() }), stallTime: stallTime)
        )
    }

    /// What people are told a problem belongs to.
    struct Subject: Sendable {
        /// The URL or the image, first thing in each sentence.
        let place: String
        /// What to do when the server does not have it.
        let whenMissing: String
        /// What to do when the server does not give it to us.
        let whenRefused: String

        static func file(_ url: String) -> Subject {
            Subject(
                place: URLParts(url)?.shown ?? url,
                whenMissing: "check the version and the URL, or use a mirror that has it (--mirror)",
                whenRefused: "check that this machine may fetch it, or use a mirror (--mirror)")
        }
    }

    /// Tries until it works, fails for good, or the patience is over.
    /// - Throws: `FetchError`; what `attempt` throws other than `TransferFailure`.
    func retrying<Value: Sendable>(_ subject: Subject, _ attempt: () async throws -> Value) async throws -> Value {
        var schedule = RetrySchedule(patience: options.patience)
        while true {
            do {
                return try await attempt()
            } catch let failure as TransferFailure {
                let pause: Duration
                switch schedule.verdict(on: failure, at: clock.now()) {
                case .again(let after): pause = after
                case .final: throw FetchError(subject.place, failure.message, remedy(failure, subject))
                case .tooLong(let tries):
                    throw FetchError(
                        subject.place, "\(failure.message), \(tries) times in a row",
                        "run the same command again later; it goes on where this one stopped", stopsOthers: true)
                case .later(let asked):
                    throw FetchError(
                        subject.place, "\(failure.message) and asks for a pause of \(Self.text(asked))",
                        "run the same command again then; it goes on where this one stopped", stopsOthers: true)
                }
                progress.note("\(subject.place): \(failure.message); next try in \(Self.text(pause))")
                try await clock.pause(pause)
            }
        }
    }

    private func remedy(_ failure: TransferFailure, _ subject: Subject) -> String {
        guard failure.remedy.isEmpty else { return failure.remedy }
        switch failure.reason {
        case .status(404), .status(410): return subject.whenMissing
        case .status(401), .status(403): return subject.whenRefused
        case .status(407): return "put the proxy's login into https_proxy"
        default: return "run the same command again later, or use a mirror (--mirror)"
        }
    }

    /// Seconds, with a tenth where it is short.
    static func text(_ span: Duration) -> String {
        let tenths = Int((span / .milliseconds(100)).rounded())
        return tenths < 100 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10) s" : "\((tenths + 5) / 10) s"
    }
}
