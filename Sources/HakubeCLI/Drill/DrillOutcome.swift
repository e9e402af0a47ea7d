// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan

/// What a drill was, and what came of it. Times count from the stop.
struct DrillOutcome: Sendable {
    let cluster: String
    let kind: DrillKind
    let target: Host
    let targetName: String
    /// When it was stopped, by this machine's wall clock.
    let moment: Date
    /// How wrong the moment of the stop may be.
    let precision: Duration
    /// When the order to put it back was carried out; `nil` for a host that restarts by itself.
    let putBack: Duration?
    /// When the master served again and its etcd was well; `nil`: not in time.
    let serving: Duration?
    /// Why it does not serve, as far as that is known.
    let trouble: String
    let places: [(place: DrillPlace, measure: PlaceMeasure, precision: Duration)]
    /// What is worth knowing of the measuring itself.
    let notes: [String]

    /// The master serves, and every worker that measured has its endpoint again.
    var isWell: Bool {
        serving != nil
            && places.allSatisfy { $0.place.isOutside || $0.measure.isBack && $0.measure.watch.isBack }
    }

    /// The end of measuring.
    var end: Duration {
        (places.map(\.measure.end) + [putBack, serving].compactMap { $0 }).max() ?? .zero
    }
}
