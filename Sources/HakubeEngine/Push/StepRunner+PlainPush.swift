// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeModel
import HakubePlan
import HakubeTransport

/// A push to a host that has no courier: with sh, tar and sha256sum, and only the files that are not there.
extension StepRunner {
    func pushPlainly(_ kind: CargoKind, to folder: String) async throws -> Bool {
        let shipment = try fanOut.shipment(for: kind)
        return try await fanOut.plainTurns.pass {
            try Task.checkCancellation()
            let there = try await filesThere(of: shipment, in: folder)
            guard let sums = shipment.items.last else { return false }
            let missing = shipment.items.filter { !there.contains($0.path) && $0 != sums }
            if !missing.isEmpty { try await send(shipment.tar(of: missing), to: folder) }
            var cursor = try shipment.cursor(of: sums, from: 0)
            var list: [UInt8] = []
            while case let bytes = try cursor.next(upTo: sums.wire), !bytes.isEmpty { list += bytes }
            try await seal(folder, String(decoding: list, as: UTF8.self), as: sums.path)
            return true
        }
    }

    /// Puts the list of digests in its place when all that it lists is right, and on the disk.
    private func seal(_ folder: String, _ sums: String, as name: String) async throws {
        let place = Script.quoted(folder)
        let script = Script(
            claimed(
                """
                mkdir -p \(place)
                cd \(place)
                cat >.sums <<'SUMS'
                \(sums.last == "\n" ? String(sums.dropLast()) : sums)
                SUMS
                sha256sum -c --quiet .sums
                sync -f . 2>/dev/null || sync
                mv .sums \(Script.quoted(name))
                """, true), timeout: .seconds(3600))
        let answer = try await line.repeating { try await $0.run(script) { _ in } }
        try await requireSuccess(answer)
    }

    private func requireSuccess(_ result: ScriptOutput) async throws {
        guard result.status != 0 else { return }
        // Whoever took the host over has cleared what arrived so far.
        try await line.once { try await checkClaim(on: $0) }
        let said = (result.out + result.err).split(separator: "\n").map { values.redact(String($0)) }
        throw advice.failure(of: Answer(output: result, lastLines: said.suffix(FailureAdvice.lineCount)))
    }

    /// Paths of the files that lie in the folder with the right digest.
    private func filesThere(of shipment: any Shipment, in folder: String) async throws -> Set<String> {
        let place = Script.quoted(folder)
        let sums = shipment.items.map { "\($0.sha256)  \($0.path)" }.joined(separator: "\n")
        let question = Script(
            claimed(
                """
                rm -rf \(place)/.wire
                cd \(place) 2>/dev/null || exit 0
                sha256sum -c 2>/dev/null <<'SUMS' | sed -n 's/: OK$//p'
                \(sums)
                SUMS
                """, true), timeout: .seconds(600))
        let answer = try await line.repeating { try await $0.run(question) { _ in } }
        if answer.status == RunLock.lost { try await line.once { try await checkClaim(on: $0) } }
        return Set(answer.out.split(separator: "\n").map(String.init))
    }

    private func send(_ source: any ByteSource, to folder: String) async throws {
        let total = source.byteCount
        let (updates, feed) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let (place, parent) = (Script.quoted(folder), Script.quoted(HostFolder.parent(of: folder)))
        let unpack = Script(
            """
            \(claimed(":", true))
            for old in \(parent)/*; do
                [ "$old" = \(place) ] || rm -rf "$old"
            done
            mkdir -p \(place)
            rm -f \(place)/SHA256SUMS
            tar --no-same-owner -xpf - -C \(place)
            """, timeout: .seconds(3600))
        let paced: any ByteSource = fanOut.limit.map { PacedSource(source: source, limit: $0) } ?? source
        async let output = {
            defer { feed.finish() }
            return try await line.once { try await $0.stream(paced, into: unpack) { feed.yield($0) } }
        }()
        for await done in updates { await report(.progress(reference, done: done, total: total)) }
        try await requireSuccess(try await output)
    }
}

/// A source that is read no faster than the limit allows. It is read on the transport's own thread, which may sleep.
private struct PacedSource: ByteSource {
    let source: any ByteSource
    let limit: RateLimit

    var byteCount: Int { source.byteCount }

    func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        try source.read { bytes in
            while let pause = limit.take(bytes.count) { usleep(UInt32(clamping: Int(pause / .microseconds(1)))) }
            try consume(bytes)
        }
    }
}
