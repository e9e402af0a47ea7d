// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan

/// The stable shape of `hakube drill --output json`. A key once published stays; new ones may come. Times are milliseconds from
/// the stop; one that never came is left out.
struct DrillDocument: Encodable {
    struct OutageEntry: Encodable {
        let begin: Int
        let end: Int?
        let requests: Int
    }

    struct GapEntry: Encodable {
        let begin: Int
        let noticed: Int
        let end: Int?
        let reason: String
    }

    struct WatchEntry: Encodable {
        let stood: Bool
        let stoodOnTarget: Bool
        /// The longest gap.
        let away: Int?
        let isBack: Bool
        let gaps: [GapEntry]
        let reason: String?
    }

    struct PlaceEntry: Encodable {
        let name: String
        let isOutside: Bool
        let server: String
        /// How wrong its times may be.
        let precision: Int
        let requests: Int
        let failed: Int
        let failedBefore: Int
        let longest: Int?
        let firstFailure: Int?
        let back: Int?
        let isBack: Bool
        let outages: [OutageEntry]
        let reasons: [String: Int]
        let watch: WatchEntry
    }

    let format = 1
    let cluster: String
    let kind: DrillKind
    let target: String
    let targetName: String
    let moment: String
    let precision: Int
    let putBack: Int?
    let serving: Int?
    let serves: Bool
    let trouble: String?
    let end: Int
    let places: [PlaceEntry]
    let notes: [String]
    let timeline: String?

    /// - Parameter timeline: where the chart is.
    init(_ outcome: DrillOutcome, timeline: String?) {
        cluster = outcome.cluster
        kind = outcome.kind
        target = outcome.target.id.description
        targetName = outcome.targetName
        moment = outcome.moment.formatted(.iso8601)
        precision = Self.milliseconds(outcome.precision)
        putBack = outcome.putBack.map(Self.milliseconds)
        serving = outcome.serving.map(Self.milliseconds)
        serves = outcome.serving != nil
        trouble = outcome.serving == nil ? outcome.trouble : nil
        end = Self.milliseconds(outcome.end)
        places = outcome.places.map { Self.entry($0.place, $0.measure, $0.precision, outcome.end) }
        notes = outcome.notes
        self.timeline = timeline
    }

    private static func entry(
        _ place: DrillPlace, _ measure: PlaceMeasure, _ precision: Duration, _ end: Duration
    ) -> PlaceEntry {
        PlaceEntry(
            name: place.name, isOutside: place.isOutside, server: place.server, precision: milliseconds(precision),
            requests: measure.requests, failed: measure.failed, failedBefore: measure.failedBefore,
            longest: measure.longest.map(milliseconds), firstFailure: measure.firstFailure.map(milliseconds),
            back: measure.back.map(milliseconds), isBack: measure.isBack,
            outages: measure.outages.map {
                OutageEntry(begin: milliseconds($0.begin), end: $0.end.map(milliseconds), requests: $0.requests)
            },
            reasons: measure.reasons,
            watch: WatchEntry(
                stood: measure.watch.stood, stoodOnTarget: measure.watch.stoodOnTarget,
                away: measure.watch.longest(until: end).map(milliseconds), isBack: measure.watch.isBack,
                gaps: measure.watch.gaps.map {
                    GapEntry(
                        begin: milliseconds($0.begin), noticed: milliseconds($0.noticed), end: $0.end.map(milliseconds),
                        reason: $0.reason)
                },
                reason: measure.watch.stood ? nil : measure.watch.reason))
    }

    private static func milliseconds(_ duration: Duration) -> Int { Int((duration / .milliseconds(1)).rounded()) }

    /// Sorted keys, a newline at the end.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
