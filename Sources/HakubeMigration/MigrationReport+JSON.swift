// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

internal import FoundationEssentials
import HakubeModel

extension MigrationReport {
    /// The report and the inventory as one JSON object with sorted keys and a newline at the end. Keys once published stay.
    ///
    /// - Parameter inventory: `nil` where it went to a file.
    package func json(inventory: String?) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Document(self, inventory)), as: UTF8.self) + "\n"
    }

    private struct Document: Encodable {
        struct Entry: Encodable {
            let line: Int, path: String
            var target: String?, reason: String?, remedy: String?
        }

        struct ProblemEntry: Encodable {
            let place: String, message: String, remedy: String
        }

        let format = 1
        let tool: String, file: String
        let inventory: String?
        let taken: [Entry], settled: [Entry], left: [Entry]
        let problems: [ProblemEntry]

        init(_ report: MigrationReport, _ inventory: String?) {
            tool = report.tool.rawValue
            file = report.file
            self.inventory = inventory
            taken = report.taken.map { Entry(line: $0.line, path: $0.path, target: $0.target) }
            settled = report.settled.map { Entry(line: $0.line, path: $0.path, reason: $0.reason) }
            left = report.left.map { Entry(line: $0.line, path: $0.path, reason: $0.reason, remedy: $0.remedy) }
            problems = report.problems.map {
                ProblemEntry(place: $0.place, message: $0.message, remedy: $0.remedy)
            }
        }
    }
}
