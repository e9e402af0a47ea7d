// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubePlan
import HakubeTransport

extension StepRunner {
    /// So many connections may break in a row without a byte that arrives in between.
    private static let patience = 3
    /// Ends only by what it waits for: a host that takes nothing any more is noticed by the transport.
    private static let wholeDay = Duration.seconds(86400)

    /// Sends what is not there yet. SHA256SUMS, which lists the digests of all others, is put in its place last: a folder
    /// that has it is complete.
    func push(_ role: Role, _ arch: Architecture, to folder: String) async throws -> Bool {
        let kind = CargoKind(role: role, arch: arch)
        guard let program = fanOut.program(for: arch) else {
            if fanOut.isFirst(without: arch) {
                await tell(.plain(why: "there is no hakube-courier for \(arch.rawValue) beside hakube"))
            }
            return try await pushPlainly(kind, to: folder)
        }
        fanOut.expect(reference.host)
        var takesPart = true
        defer { if takesPart { fanOut.leave(reference.host, comesBack: false) } }
        var deaths = 0
        while true {
            let talk = try await talk(program, folder, isDirect: deaths > 0)
            let how: String
            switch talk.end {
            case .complete where talk.output.status == 0: return true
            case .silent:
                how = "cannot start: \(CourierScript.words(status: talk.output.status, said: talk.output.err))"
                deaths = 2
            case .failed(let word, let detail): throw gaveUp(talk, word, detail, folder)
            case .unfit(let path):
                throw advice.failure(
                    "\(path) comes out wrong on the host, twice", talk.lastLines,
                    "verify the bundle with 'hakube bundle verify', then run the same command again")
            case .hung:
                how = "said nothing for \(CourierSession.dead.components.seconds) s"
                deaths += 1
            case .complete, .ended:
                how = FailureAdvice.ending(talk.output.status)
                deaths += 1
            }
            guard deaths > 1 else {
                await tell(.courierEnded(how: how))
                continue
            }
            takesPart = false
            fanOut.leave(reference.host, comesBack: false)
            await tell(.plain(why: how))
            return try await pushPlainly(kind, to: folder)
        }
    }

    /// How a talk with a host's courier went.
    private struct Talk {
        let end: CourierSession.End
        let output: ScriptOutput
        let lastLines: [String]
        /// Bytes of disk that the rest takes.
        let room: Int
    }

    /// Talks until the courier ends, over new connections where one breaks.
    private func talk(_ program: CourierProgram, _ folder: String, isDirect: Bool) async throws -> Talk {
        var futile = 0
        while true {
            let (updates, feed) = AsyncStream.makeStream(of: CourierSession.News.self)
            let session = try fanOut.session(
                with: reference.host, program, to: folder, isDirect: isDirect, news: feed)
            do {
                let talk = try await talk(session, program, folder, updates)
                fanOut.leave(reference.host, comesBack: true)
                return talk
            } catch is CourierSilent {
                fanOut.leave(reference.host, comesBack: true)
                return Talk(end: .hung, output: ScriptOutput(status: 1), lastLines: [], room: 0)
            } catch let error as TransportError where error.code == .lost {
                fanOut.leave(reference.host, comesBack: true)
                futile = session.hasReceived ? 0 : futile + 1
                guard futile < Self.patience else { throw error }
                try await line.reconnect(after: error)
            }
        }
    }

    private func talk(
        _ session: CourierSession, _ program: CourierProgram, _ folder: String,
        _ updates: AsyncStream<CourierSession.News>
    ) async throws -> Talk {
        let script = Script(
            CourierScript(program: program).text(claim: claimed(":", true), folder: folder), timeout: Self.wholeDay)
        let watch = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(10))
                session.look()
            }
        }
        defer { watch.cancel() }
        async let output = {
            defer { session.news.finish() }
            return try await line.once { try await $0.converse(session, with: script) }
        }()
        var lines: [String] = []
        for await news in updates {
            switch news {
            case .progress(let done, let total): await report(.progress(reference, done: done, total: total))
            case .notice(let notice): await tell(notice)
            case .line(let line):
                let text = values.redact(line.text)
                lines = lines.suffix(FailureAdvice.lineCount - 1) + [text]
                await report(.output(reference, stream: line.stream.rawValue, text: text))
            }
        }
        let result = try await output
        // Whoever took the host over has cleared what arrived so far.
        if result.status != 0 { try await line.repeating { try await checkClaim(on: $0) } }
        return Talk(end: session.end, output: result, lastLines: lines, room: session.roomForRest)
    }

    private func gaveUp(_ talk: Talk, _ word: String, _ detail: String, _ folder: String) -> StepFailure {
        guard word == "space" else {
            let said = detail.isEmpty ? word : "\(word): \(detail)"
            return advice.failure(
                "the courier on the host gave up (\(said))", talk.lastLines,
                "look at the disk of the host, then run the same command again; it goes on where it stopped")
        }
        let megabytes = (talk.room + 999_999) / 1_000_000
        return advice.failure(
            "No space left on device: \(folder) needs \(megabytes) MB more", talk.lastLines,
            "make room on the host, then run the same command again; it goes on where it stopped")
    }

    func tell(_ notice: PushNotice) async { await report(.notice(reference, .push(notice))) }
}
