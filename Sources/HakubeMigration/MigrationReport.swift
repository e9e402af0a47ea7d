// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

/// What became of every value of a tool's file: nothing in it is passed over in silence.
package struct MigrationReport: Sendable, Hashable {
    /// A value that stands in the inventory.
    package struct Taken: Sendable, Hashable {
        package let line: Int
        /// Where it stands in the source: `services.kubelet.extra_args.max-pods`.
        package let path: String
        /// Where it stands in the inventory: `KubeletConfiguration maxPods`.
        package let target: String
    }

    /// A value that needs no word in the inventory.
    package struct Settled: Sendable, Hashable {
        package let line: Int
        package let path: String
        /// One sentence: how it is with hakube.
        package let reason: String
    }

    /// A value that is not in the inventory.
    package struct Left: Sendable, Hashable {
        package let line: Int
        package let path: String
        /// One sentence: why not.
        package let reason: String
        /// What to do about it.
        package let remedy: String
    }

    package let tool: ForeignTool
    package let file: String
    package internal(set) var taken: [Taken] = []
    package internal(set) var settled: [Settled] = []
    package internal(set) var left: [Left] = []
    /// What `hakube init` would say to the inventory as it is; places are lines of the inventory.
    package internal(set) var problems: [Problem] = []

    /// For people; no newline at the end.
    package var text: String {
        var lines = [
            "\(file): \(tool.title); \(Self.count(taken.count, "value")) taken over, \(settled.count) as hakube has it anyway, "
                + "\(left.count) not taken over"
        ]
        if !left.isEmpty {
            lines +=
                ["", "Not taken over:"] + left.map { "  \(file):\($0.line): \($0.path): \($0.reason); \($0.remedy)" }
        }
        if !problems.isEmpty {
            lines += ["", "Before 'hakube init' takes the inventory:"] + problems.map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }
}
