// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
package import Testing

/// A folder of expected texts. A text that is missing, or recorded anew with HAKUBE_RECORD=1, is written **and fails**, so
/// that a new baseline is never silently green.
package struct GoldenFolder: Sendable {
    private let folder: URL

    /// The folder `Golden/NAME` beside the test file.
    package init(_ name: String, file: String = #filePath) {
        folder = URL(filePath: file).deletingLastPathComponent().appending(path: "Golden").appending(path: name)
    }

    package func expect(_ text: String, is path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let url = folder.appending(path: path)
        let recording = ProcessInfo.processInfo.environment["HAKUBE_RECORD"] == "1"
        let expected = try? String(contentsOf: url, encoding: .utf8)
        if let expected, !recording {
            #expect(
                text == expected, "\(path) differs; look at it, then record with HAKUBE_RECORD=1",
                sourceLocation: sourceLocation)
            return
        }
        guard text != expected else { return }
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url, atomically: true, encoding: .utf8)
        Issue.record("recorded \(path); read it, then run the test again", sourceLocation: sourceLocation)
    }
}
