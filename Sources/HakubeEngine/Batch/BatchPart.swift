// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import HakubeModel
import HakubePlan
import HakubeTransport

/// A step as it stands in a batch: what is asked, and what is done where the answer is no.
struct BatchPart: Sendable {
    /// For whoever reads the script, and for hosts in memory, which run no shell.
    enum Kind: Sendable, Hashable, CustomStringConvertible {
        case script
        case file(path: String, mode: Int)
        case block

        var description: String {
            switch self {
            case .script: "script"
            case .file(let path, let mode): "file \(String(mode, radix: 8)) \(path)"
            case .block: "block"
            }
        }
    }

    let step: Step
    let kind: Kind
    /// `nil`: the act is done whatever stands there.
    private(set) var check: String?
    private(set) var checkTimeout = Duration.zero
    /// `nil`: what the step does is no script, or takes long; the batch ends before it.
    private(set) var act: String?
    private(set) var actTimeout = Duration.zero
    private let claim: String?

    /// `nil` for a step that has to travel by itself, and for one that waits for a value no step has brought yet.
    init?(_ step: Step, values: RuntimeValues, claim: String?, longest: Duration) {
        guard step.turn == nil, step.unless?.asRoot ?? true else { return nil }
        // Whoever passes files on hears of each host that needs none from the step itself.
        if case .push = step.action { return nil }
        self.step = step
        self.claim = claim
        kind =
            switch step.action {
            case .write(let file) where step.unless == nil: .file(path: file.path, mode: file.mode)
            case .block where step.unless == nil: .block
            default: .script
            }
        do {
            try setCheck(values)
            try setAct(values, longest)
        } catch {
            // The step fails by itself, with its own sentence.
            return nil
        }
        guard checkTimeout <= longest, check != nil || act != nil else { return nil }
    }

    var size: Int { (check?.utf8.count ?? 0) + (act?.utf8.count ?? 0) }

    /// The check is one of those that tell by 0 or 1 alone, so that anything else is worth a line.
    var hasPlainCheck: Bool { step.unless != nil }

    private mutating func setCheck(_ values: RuntimeValues) throws {
        var question: Script?
        switch (step.action, step.unless) {
        case (.job(let script), let unless?):
            let job = HostJob(step: step.id, title: step.title, timeout: script.timeout)
            question = Script(job.check(unless.text), timeout: unless.timeout)
        case (_, let unless?): question = unless
        case (.await(let script, _), nil): question = script.asRoot ? script : nil
        case (.write(let file), nil): question = Self.check(file, try values.resolve(file.text))
        case (.block(let block), nil): question = Self.check(block)
        default: break
        }
        guard let question else { return }
        check = claimed(try values.resolve(question.text))
        checkTimeout = question.timeout
    }

    private mutating func setAct(_ values: RuntimeValues, _ longest: Duration) throws {
        switch step.action {
        case .run(let script) where script.asRoot && script.timeout <= longest:
            act = claimed(try values.resolve(script.text))
            actTimeout = script.timeout
        case .write(let file) where step.unless == nil:
            let text = try values.resolve(file.text)
            // A here-document ends with the end of a line.
            guard text.hasSuffix("\n"), !text.utf8.contains(0), !text.contains(Self.fileEnd) else { return }
            act = claimed(
                FileScript.writing(
                    to: file.path, mode: file.mode, byteCount: text.utf8.count,
                    input: " <<'\(Self.fileEnd)'\n\(text)\(Self.fileEnd)"))
            actTimeout = longest
        default: break
        }
    }

    private static let fileEnd = "HAKUBE_FILE_END"

    private func claimed(_ text: String) -> String { claim.map { "\(RunLock.check($0))\n\(text)" } ?? text }

    /// By digest, so that the text itself goes over once only. A link has the mode 777, which no file of ours has.
    private static func check(_ file: RemoteFile, _ text: String) -> Script {
        let digest = SHA256.hash(data: Array(text.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
        let path = Script.quoted(file.path)
        return Script(
            """
            [ -f \(path) ]
            [ "$(stat -c %a -- \(path))" = \(String(file.mode, radix: 8)) ]
            [ "$(sha256sum < \(path))" = '\(digest)  -' ]
            """)
    }

    /// Yes only where the block stands once and just so; all else is looked at line by line, on this side.
    private static func check(_ block: ManagedBlock) -> Script {
        let lines = block.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast()
        let (begin, end) = (Script.quoted(lines.first ?? ""), Script.quoted(lines.last ?? ""))
        return Script(
            """
            [ -f \(Script.quoted(block.path)) ]
            found=$(awk -v begin=\(begin) -v end=\(end) '
                $0 == begin { on = 1 }
                on || $0 == end { print }
                $0 == end { on = 0 }
            ' \(Script.quoted(block.path)))
            [ "$found" = \(Script.quoted(lines.joined(separator: "\n"))) ]
            """)
    }
}
