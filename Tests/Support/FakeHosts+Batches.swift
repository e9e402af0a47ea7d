// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeEngine
import HakubeModel
import HakubeTransport

/// The parts of one of the engine's batches. A host in memory answers each as it would the script by itself.
struct BatchRequest {
    struct Part {
        var kind = ""
        var check: String?
        var act: String?
    }

    let tag: String
    private(set) var parts: [Part] = []

    init?(_ script: String) {
        let lines = script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let head = lines.first, head.hasPrefix("# hakube batch ") else { return nil }
        tag = String(head.dropFirst("# hakube batch ".count))
        var index = 0
        while index < lines.count {
            let words = lines[index].split(separator: " ", maxSplits: 4).map(String.init)
            index += 1
            guard words.count >= 5, words[0] == "#", words[1] == tag, let number = Int(words[3]) else { continue }
            let end = lines[index...].firstIndex(of: ") # \(tag)") ?? lines.endIndex
            let text = lines[index..<end].joined(separator: "\n")
            while parts.count <= number { parts.append(Part()) }
            parts[number].kind = words[4]
            if words[2] == "check" { parts[number].check = text } else { parts[number].act = text }
            index = end
        }
    }
}

extension BatchRequest.Part {
    /// Path, mode and text of the file that the part writes.
    var file: (path: String, file: FakeHosts.File)? {
        let words = kind.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count == 3, words[0] == "file", let mode = Int(words[1], radix: 8), let act else { return nil }
        let lines = act.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let begin = lines.firstIndex(where: { $0.hasSuffix(" <<'HAKUBE_FILE_END'") }),
            let end = lines.firstIndex(of: "HAKUBE_FILE_END")
        else { return nil }
        let text = lines[(begin + 1)..<end].map { $0 + "\n" }.joined()
        return (words[2], FakeHosts.File(text, mode: mode))
    }
}

extension FakeHosts {
    /// Part after part, as the shell would; each says its end on both streams.
    func answer(
        _ batch: BatchRequest, _ host: HostID, _ onLine: @escaping @Sendable (OutputLine) -> Void
    ) async throws -> ScriptOutput {
        func say(_ text: String) {
            for stream in [OutputLine.Stream.out, .err] { onLine(OutputLine(stream, "\(batch.tag) \(text)")) }
        }
        func status(_ part: BatchRequest.Part, _ text: String, isAct: Bool) async throws -> Int {
            let output = try await answer(part, Script(text), host, isAct: isAct)
            for line in output.out.split(separator: "\n") { onLine(OutputLine(.out, String(line))) }
            for line in output.err.split(separator: "\n") { onLine(OutputLine(.err, String(line))) }
            return output.status
        }
        for (index, part) in batch.parts.enumerated() {
            try Task.checkCancellation()
            if let check = part.check {
                let status = try await status(part, check, isAct: false)
                let word = status == 0 ? "unchanged" : part.act == nil ? "needed" : "wanted"
                say("\(index) \(word) \(status)")
                if status == 0 { continue }
                if part.act == nil { break }
            }
            guard let act = part.act else { continue }
            let status = try await status(part, act, isAct: true)
            say("\(index) acted \(status)")
            if status != 0 { break }
        }
        return ScriptOutput(status: 0)
    }

    private func answer(
        _ part: BatchRequest.Part, _ script: Script, _ host: HostID, isAct: Bool
    ) async throws -> ScriptOutput {
        guard part.kind != "script" else { return try await answer(host, script) }
        guard unclaimed(script, on: host) != nil else { return ScriptOutput(status: 76) }
        // A block is looked at in full by the step itself.
        guard let (path, file) = part.file else { return ScriptOutput(status: 1) }
        guard isAct else {
            try await meet(host, Self.reading)
            return ScriptOutput(status: self[host, path] == file ? 0 : 1)
        }
        try await write(file, to: path, on: host)
        return ScriptOutput(status: 0)
    }
}
