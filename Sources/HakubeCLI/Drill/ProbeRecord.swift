// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials

/// A line of a probe, understood; `hakube-guardian probe` says what each means. Times are the probe's own.
enum ProbeLine: Sendable, Hashable {
    case begin(ProbeBegin)
    case request(ProbeSample)
    case watch(WatchChange)
    case mark(String, at: Duration)
    case late(Duration, at: Duration)

    /// `nil` for what is no line of a probe's.
    init?(_ text: String) {
        guard let said = try? JSONDecoder().decode(Said.self, from: Data(text.utf8)) else { return nil }
        func time(_ microseconds: Int?) -> Duration? { microseconds.map { .microseconds($0) } }
        if let server = said.server, said.probe == 1 {
            self = .begin(ProbeBegin(server: server, addresses: said.addresses ?? [], user: said.user))
        } else if said.request != nil, let begin = time(said.begin), let end = time(said.end), let isGood = said.ok {
            self = .request(ProbeSample(begin: begin, end: end, isGood: isGood, reason: said.why ?? ""))
        } else if let watch = said.watch, let at = time(said.at), let change = Self.change(watch, said) {
            self = .watch(WatchChange(at: at, what: change))
        } else if let mark = said.mark, let at = time(said.at) {
            self = .mark(mark, at: at)
        } else if let late = time(said.late), let at = time(said.at) {
            self = .late(late, at: at)
        } else {
            return nil
        }
    }

    private static func change(_ word: String, _ said: Said) -> WatchChange.What? {
        switch word {
        case "made": .made(certificate: said.certificate ?? "")
        case "heard": .heard
        case "lost": .lost(said.why ?? "")
        case "failed": .failed(said.why ?? "")
        default: nil
        }
    }

    private struct Said: Decodable {
        let probe: Int?
        let server: String?
        let addresses: [String]?
        let user: String?
        let request: Int?
        let begin: Int?, end: Int?, at: Int?, late: Int?
        let ok: Bool?
        let why: String?, watch: String?, certificate: String?, mark: String?
    }
}

/// What a probe is going to ask.
struct ProbeBegin: Sendable, Hashable {
    let server: String
    let addresses: [String]
    let user: String?
}

/// One request on a connection of its own.
struct ProbeSample: Sendable, Hashable {
    var begin: Duration
    var end: Duration
    let isGood: Bool
    let reason: String
}

/// Something that happened to the watch.
struct WatchChange: Sendable, Hashable {
    enum What: Sendable, Hashable {
        case made(certificate: String)
        case heard
        case lost(String)
        case failed(String)
    }

    var at: Duration
    let what: What
}

/// All that a probe has told. Times are the probe's own, or, once it was aligned, seconds from the stop.
struct ProbeRecord: Sendable {
    var begin: ProbeBegin?
    var samples: [ProbeSample] = []
    var watch: [WatchChange] = []
    var marks: [ClockMark] = []
    /// How long the probe itself stood still, and when it noticed.
    var stalls: [(length: Duration, at: Duration)] = []

    /// The same with every time moved.
    func moved(by offset: Duration) -> ProbeRecord {
        var moved = self
        for index in samples.indices {
            moved.samples[index].begin += offset
            moved.samples[index].end += offset
        }
        for index in watch.indices { moved.watch[index].at += offset }
        moved.stalls = stalls.map { ($0.length, $0.at + offset) }
        return moved
    }
}

extension ProbeRecord {
    /// Whether a place is fit to measure from, before anything is stopped.
    enum Calm: Sendable, Hashable {
        case waiting
        case calm
        /// It will not be, and why.
        case never(String)
    }

    /// Two seconds at the probe's usual pace.
    static let calmRequests = 40

    /// - Parameter elapsed: since the probe was started.
    func calm(after elapsed: Duration) -> Calm {
        let hasWatch = watch.contains { if case .made = $0.what { true } else { false } }
        let last = samples.suffix(Self.calmRequests)
        // A watch that cannot be had is no reason not to measure connections.
        if last.count == Self.calmRequests, last.allSatisfy(\.isGood), hasWatch || elapsed >= .seconds(8) {
            return .calm
        }
        let hasGood = samples.contains(where: \.isGood)
        guard elapsed >= .seconds(hasGood ? 20 : 6) else { return .waiting }
        let bad = samples.filter { !$0.isGood }
        guard let reason = bad.last?.reason else { return .never("the probe says nothing") }
        return .never("\(bad.count) of \(samples.count) requests failed, the last with: \(reason)")
    }
}
