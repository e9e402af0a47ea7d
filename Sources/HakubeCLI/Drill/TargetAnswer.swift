// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import HakubeModel
import HakubePlan
import HakubeTransport

/// What a drill's target said about itself before anything was stopped (`DrillQuestion`).
struct TargetAnswer: Sendable, Hashable {
    /// Why the drill cannot be made there; empty: it can.
    let obstacle: String
    /// What an earlier drill has left.
    let left: [String]
    /// Another after each start of the host.
    let boot: String
    /// Of a drill of the network: interface, sshd's port, program.
    let way: [String]

    /// `nil` when the host did not say all of it.
    init?(_ output: ScriptOutput) {
        guard let words = HostWords(output) else { return nil }
        func text(_ key: String) -> String? {
            words.pairs.first { $0.key == key }.map { String(decoding: $0.data, as: UTF8.self) }
        }
        obstacle = text("obstacle") ?? ""
        left = words.pairs.filter { $0.key == "left" }.map { String(decoding: $0.data, as: UTF8.self) }
        boot = text("boot") ?? ""
        way = text("way")?.split(separator: " ").map(String.init) ?? []
    }

    /// - Throws: `TransportError`, `PreflightError`.
    static func ask(_ question: DrillQuestion, through transport: any Transport) async throws -> TargetAnswer {
        let target = question.target
        let output = try await transport.run(question.script) { _ in }
        guard let answer = TargetAnswer(output) else {
            let line = output.err.split(whereSeparator: \.isNewline).last.map {
                ": \(TerminalText.printable(String($0)))"
            }
            throw PreflightError(problems: [
                Problem(
                    place: target.id.description, message: "did not finish answering\(line ?? "")",
                    remedy: "log in by hand and see whether sh, sed and base64 work there")
            ])
        }
        return answer
    }
}
