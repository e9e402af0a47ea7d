// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

/// What `hakube drill --output json` tells, as far as tests ask.
struct DrillReport: Decodable {
    struct Watch: Decodable {
        let stood: Bool
        let stoodOnTarget: Bool
        let isBack: Bool
        /// Milliseconds.
        let away: Int?
    }

    /// A row of requests that failed; milliseconds after the stop.
    struct Outage: Decodable {
        let begin: Int
        let requests: Int
    }

    /// What one place saw; milliseconds.
    struct Place: Decodable {
        let name: String
        let requests: Int
        let failed: Int
        let failedBefore: Int
        let longest: Int?
        let outages: [Outage]
        let firstFailure: Int?
        let back: Int?
        let isBack: Bool
        let precision: Int
        let watch: Watch
    }

    let serves: Bool
    let putBack: Int?
    let serving: Int?
    let places: [Place]
    let timeline: String?

    func place(_ name: String) throws -> Place { try #require(places.first { $0.name == name }) }

    /// Leaves the document where `make ha-docs` looks for it.
    static func keep(_ document: String, as name: String) throws {
        let folder = Checkout.root.appending(path: ".build/drills")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(document.utf8).write(to: folder.appending(path: "\(name).json"))
    }
}
