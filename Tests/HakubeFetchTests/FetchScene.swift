// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
@testable import HakubeFetch
import HakubeModel
import HakubeTestSupport
import Synchronization

/// A folder, a record of what was reported, and time that passes by pausing only.
final class FetchScene: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "hakube-fetch-\(UUID())").path()
    let progress = ProgressRecord()
    private let elapsed = Mutex(Duration.zero)

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// What the pauses add up to.
    var paused: Duration { elapsed.withLock { $0 } }

    func session(_ options: FetchOptions, stallTime: Int = 30) -> FetchSession {
        let clock = FetchClock(
            now: { self.elapsed.withLock { $0 } },
            pause: { span in
                try Task.checkCancellation()
                self.elapsed.withLock { $0 += span }
            })
        var options = options
        options.dockerConfig = options.dockerConfig ?? "\(folder)/no-config.json"
        return FetchSession(options: options, progress: progress, clock: clock, stallTime: stallTime)
    }

    func fetcher(_ options: FetchOptions = FetchOptions(), stallTime: Int = 30) -> Fetcher {
        Fetcher(session(options, stallTime: stallTime))
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func download(_ name: String, from site: DownloadSite, sha256: String?) -> Download {
        Download(
            label: name, url: site.url(name), checksum: sha256.flatMap { Checksum(.sha256, hex: $0) },
            destination: path(name))
    }

    func bytes(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: path(name)).map(Array.init) }

    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: path(name)))
    }

    /// Bytes that do not repeat within a file.
    static func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    /// What an error says, one line a problem.
    static func words(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }
}

/// Remembers what transfers reported.
final class ProgressRecord: FetchProgress {
    private let state = Mutex((notes: [String](), ended: [String](), failed: [String](), planned: 0))
    private let arrivals = AsyncStream.makeStream(of: Void.self)

    var notes: [String] { state.withLock { $0.notes } }
    var ended: [String] { state.withLock { $0.ended.sorted() } }
    var failed: [String] { state.withLock { $0.failed.sorted() } }
    var planned: Int { state.withLock { $0.planned } }

    func planned(transfers: Int, bytes: Int?) { state.withLock { $0.planned += transfers } }
    func began(_ label: String, bytes: Int?) {}
    func advanced(_ label: String, to bytes: Int) { if bytes > 0 { arrivals.continuation.yield() } }
    func ended(_ label: String) { state.withLock { $0.ended.append(label) } }
    func failed(_ label: String) { state.withLock { $0.failed.append(label) } }
    func note(_ text: String) { state.withLock { $0.notes.append(text) } }

    /// Returns when the first bytes of any transfer have come.
    func firstBytes() async { for await _ in arrivals.stream { return } }
}
