// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubePlan
import HakubeTransport

/// Performs one step on one connected host.
struct StepRunner: Sendable {
    let transport: any Transport
    let workplace: Workplace
    let values: RuntimeValues
    let reference: StepReference
    let report: @Sendable (Event) async -> Void

    private var advice: FailureAdvice { FailureAdvice(reference: reference) }

    /// True when the host was changed, false when all was as it should be.
    ///
    /// - Throws: `StepFailure`, `TransportError`, `CancellationError`.
    func perform(_ step: Step) async throws -> Bool {
        if let unless = step.unless, try await run(unless).status == 0 { return false }
        let changed =
            switch step.action {
            case .run(let script): try await act(script)
            case .write(let file): try await write(file)
            case .block(let block): try await apply(block)
            case .push(let role, let folder): try await push(role, to: folder)
            case .capture(let path, let kind): try await capture(path, as: kind)
            case .fetch(let path, let name, let server): try await fetch(path, as: name, server: server)
            case .await(let script, let deadline): try await poll(script, for: deadline)
            }
        return changed && !step.readOnly
    }

    /// Runs a script with the run's values filled in; its lines go out as events, secrets blotted out.
    private func run(_ script: Script) async throws -> ScriptOutput {
        let resolved = Script(try values.resolve(script.text), timeout: script.timeout, asRoot: script.asRoot)
        let (lines, feed) = AsyncStream.makeStream(of: OutputLine.self)
        async let output = withFinish(feed) { try await transport.run(resolved) { feed.yield($0) } }
        for await line in lines {
            await report(.output(reference, stream: line.stream.rawValue, text: values.redact(line.text)))
        }
        return try await output
    }

    private func withFinish(
        _ feed: AsyncStream<OutputLine>.Continuation, _ body: @Sendable () async throws -> ScriptOutput
    ) async throws -> ScriptOutput {
        defer { feed.finish() }
        return try await body()
    }

    private func act(_ script: Script) async throws -> Bool {
        let output = try await run(script)
        guard output.status == 0 else { throw advice.failure(of: output, values: values) }
        return true
    }

    private func write(_ file: RemoteFile) async throws -> Bool {
        let bytes = Array(try values.resolve(file.text).utf8)
        if try await transport.read(file.path) == bytes, try await mode(of: file.path) == file.mode { return false }
        try await transport.write(bytes, to: file.path, mode: file.mode)
        return true
    }

    private func mode(of path: String) async throws -> Int? {
        let output = try await transport.run(Script("stat -c %a \(Script.quoted(path))")) { _ in }
        return Int(output.out.trimmingCharacters(in: .whitespacesAndNewlines), radix: 8)
    }

    private func apply(_ block: ManagedBlock) async throws -> Bool {
        let before = String(decoding: try await transport.read(block.path) ?? [], as: UTF8.self)
        let after = block.applied(to: before)
        guard after != before else { return false }
        let mode = try await mode(of: block.path) ?? 0o644
        try await transport.write(Array(after.utf8), to: block.path, mode: mode)
        return true
    }

    /// The stream's last file lists the digests of all others: it proves that everything arrived, and arrived whole.
    private func push(_ role: Role, to folder: String) async throws -> Bool {
        let source = try workplace.artifacts(role)
        let total = source.byteCount
        let (updates, feed) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let place = Script.quoted(folder)
        let unpack = Script(
            """
            rm -rf \(Script.quoted(HostFolder.parent(of: folder)))
            mkdir -p \(place)
            tar --no-same-owner -xpf - -C \(place)
            cd \(place)
            sha256sum -c --quiet SHA256SUMS
            """, timeout: .seconds(3600))
        async let output = {
            defer { feed.finish() }
            return try await transport.stream(source, into: unpack) { feed.yield($0) }
        }()
        for await done in updates { await report(.progress(reference, done: done, total: total)) }
        let result = try await output
        guard result.status == 0 else { throw advice.failure(of: result, values: values) }
        return true
    }

    private func capture(_ path: String, as kind: RuntimeValue) async throws -> Bool {
        values.set(kind, to: Data(try await existing(path)).base64EncodedString())
        return true
    }

    private func fetch(_ path: String, as name: String, server: String?) async throws -> Bool {
        var text = String(decoding: try await existing(path), as: UTF8.self)
        if let server {
            text = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                let indent = line.prefix { $0 == " " }
                return line.dropFirst(indent.count).hasPrefix("server: ") ? "\(indent)server: \(server)" : String(line)
            }.joined(separator: "\n")
        }
        try PrivateFile.write(Data(text.utf8), to: workplace.folder.appending(path: name))
        return true
    }

    private func existing(_ path: String) async throws -> [UInt8] {
        guard let bytes = try await transport.read(path) else {
            throw advice.failure("\(path) is not there", [], "run the same command again; if it stays, see the log")
        }
        return bytes
    }

    /// Asks until the answer is yes. The pause grows to a second: a host that is busy starting is not asked all the time.
    private func poll(_ script: Script, for deadline: Duration) async throws -> Bool {
        let end = ContinuousClock.now + deadline
        var pause = Duration.milliseconds(250)
        while true {
            let output = try await run(script)
            if output.status == 0 { return true }
            guard ContinuousClock.now < end else {
                throw advice.failure(of: output, values: values, waited: deadline)
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }
}

/// Names of folders on a host.
enum HostFolder {
    static func parent(of path: String) -> String {
        path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }
}
