// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTransport

extension TransportScenario {
    static let limits: [TransportScenario] = [
        TransportScenario(name: "five megabytes of output come back whole") { transport, _ in
            let output = try await transport.run("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end >&2")
            try equal(output.out.utf8.count, 5_000_001, "bytes")
            try require(output.out.utf8.dropLast().allSatisfy { $0 == UInt8(ascii: "x") }, "another byte came")
            try equal(output.err, "end\n", "standard error")
        },
        TransportScenario(name: "a cancelled script ends at once, and the connection works on") {
            transport, _ in
            let clock = ContinuousClock()
            let (started, begin) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
            let task = Task {
                try await transport.run(Script("echo running\nsleep 345\necho done")) { _ in begin.yield(clock.now) }
            }
            for await _ in started { break }
            let moment = clock.now
            task.cancel()
            let result = await task.result
            let took = moment.duration(to: clock.now)
            if case .failure(let error) = result {
                try require(error is CancellationError, "it threw \(error)")
            } else {
                throw Failure(description: "the script ended by itself")
            }
            try require(took < soon, "it took \(took)")
            try await awaitEnd(of: "sleep.345.", transport)
        },
        TransportScenario(name: "a script over its time is stopped, and the connection works on") { transport, _ in
            do {
                _ = try await transport.run("echo running\nsleep 346", timeout: .milliseconds(300))
                throw Failure(description: "it ended by itself")
            } catch let error as TransportError {
                try equal(error.code, .timeout, "code")
            }
            try await awaitEnd(of: "sleep.346.", transport)
        },
        TransportScenario(name: "a stream of 64 MiB arrives byte for byte") { transport, _ in
            let source = PatternSource(byteCount: 64 << 20)
            let progress = LineRecord()
            let output = try await transport.stream(source, into: Script("sha256sum")) {
                progress.add(OutputLine(.out, "\($0)"))
            }
            try equal(output.status, 0, "status")
            try equal(output.out, "\(patternDigest)  -\n", "digest")
            try equal(progress.all.last?.text, "\(64 << 20)", "bytes told")
        },
        TransportScenario(name: "a stream into a command that dies early returns its status and words") {
            transport, _ in
            let clock = ContinuousClock()
            let start = clock.now
            let source = PatternSource(byteCount: 64 << 20)
            let output = try await transport.stream(
                source, into: Script("head -c 100000 >/dev/null; echo 'disk is full' >&2; exit 28")
            ) { _ in }
            try equal(output, ScriptOutput(status: 28, out: "", err: "disk is full\n"), "output")
            try require(start.duration(to: clock.now) < soon, "it took too long")
        },
        TransportScenario(name: "a stream onto a full disk ends within five seconds, with the host's own words") {
            transport, directory in
            let start = ContinuousClock.now
            let output = try await transport.stream(
                PatternSource(byteCount: 64 << 20),
                into: Script(
                    "exec unshare -m sh -c 'mount -t tmpfs -o size=1m none \"$1\" && exec cat >\"$1/file\"' sh \(directory)"
                )
            ) { _ in }
            try equal(output.status, 1, "status of \(output.err)")
            try require(output.err.contains("No space left on device"), "it said \(output.err)")
            try require(start.duration(to: .now) < .seconds(5), "it took \(start.duration(to: .now))")
        },
        TransportScenario(name: "a source that fails stops the script before it takes the rest for the whole") {
            transport, directory in
            do {
                _ = try await transport.stream(
                    BrokenSource(), into: Script("cat >\(directory)/part && mv \(directory)/part \(directory)/whole")
                ) { _ in }
                throw Failure(description: "the failure was lost")
            } catch is BrokenSource.Failure {}
            try require(try await transport.read("\(directory)/whole") == nil, "half of the bytes counted as all")
        },
        TransportScenario(name: "a stream and its script know quotes") { transport, _ in
            let output = try await transport.stream(
                PatternSource(byteCount: 10), into: Script("echo 'it'\\''s'\nwc -c\ncat <<'END'\n$x\nEND")
            ) { _ in }
            try equal(output.out, "it's\n10\n$x\n", "output")
        },
    ]

    /// Both take milliseconds by themselves. The limit is far below what would pass otherwise (minutes of sleep, the stall
    /// time-out) and far above what a busy machine adds.
    private static let soon = Duration.seconds(20)

    /// Looks until no process has this command line any more; a busy host may take a moment.
    static func awaitEnd(of pattern: String, _ transport: any Transport) async throws {
        let search = "grep -lsxa '\(pattern)' /proc/[0-9]*/cmdline"
        let output = try await transport.run(
            "for try in $(seq 50); do \(search) >/dev/null || exit 0; sleep 0.1; done; \(search)")
        try equal(output, ScriptOutput(status: 0), "processes left")
    }

    /// sha256sum of the 64 MiB of `PatternSource`.
    private static let patternDigest = "a6094d153d0d6a1cf02b6c2ac4bfb3aef4446cf3806c2bed5ad4f22024bc07ed"
}
