// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle
import HakubeModel

/// `hakube bundle diff A B`: what hosts that have A would get anew of B.
struct BundleDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what hosts that have one bundle would get anew of another.")

    @Argument(help: "The bundle that the hosts have.")
    var from: String

    @Argument(help: "The bundle that they would get.")
    var to: String

    @Option(help: "text or json.")
    var output = OutputOptions.Format.text

    func run() async throws {
        let difference = try BundleDifference(from: BundleReader(from).manifest(), to: BundleReader(to).manifest())
        switch output {
        case .text: print(Self.text(difference), terminator: "")
        case .json: try JSONText.show(difference)
        }
    }

    static func text(_ difference: BundleDifference) -> String {
        var lines = difference.versions.map { "\($0.name): \($0.from ?? "none") -> \($0.to ?? "none")" }
        for hosts in difference.hosts {
            let share = "\(ByteMeter.text(hosts.bytes)) of \(ByteMeter.text(hosts.bytesInAll))"
            lines.append("A \(hosts.role) of \(hosts.arch.rawValue) gets \(share) anew")
            lines += hosts.newImages.map { "  + image  \($0)" }
            lines += hosts.goneImages.map { "  - image  \($0)" }
            let blobs = hosts.new.filter { $0.path.hasPrefix("images/") }
            lines += hosts.new.filter { !$0.path.hasPrefix("images/") }.map {
                "  + \(ByteMeter.padded($0.size))  \($0.path)"
            }
            if !blobs.isEmpty {
                let size = ByteMeter.padded(blobs.reduce(0) { $0 + $1.size })
                lines.append("  + \(size)  in \(blobs.count == 1 ? "1 blob" : "\(blobs.count) blobs") of images")
            }
            lines += hosts.gone.filter { !$0.hasPrefix("images/") }.map { "  -           \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
