// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import Glibc

/// Measures an endpoint: a new connection every 50 ms and one watch that lasts. `hakube drill` runs it on workers.
///
/// Output is JSON, an object a line, with times in microseconds since the first line:
///
///     {"probe":1,"server":"apiserver.cluster.local:6443","addresses":["10.103.97.2"],"user":"system:node:worker1",…}
///     {"request":17,"begin":850123,"end":853001,"ok":true,"status":200}
///     {"request":18,"begin":900123,"end":1900200,"ok":false,"why":"no answer in 1000 ms"}
///     {"watch":"made","at":900,"certificate":"…"}   "lost" and "failed" have a "why", "heard" has neither
///     {"mark":"7","at":812345}                      a line `mark 7` came on standard input
///     {"late":1300000,"at":5400000}                 the probe itself stood still so long
///
/// It ends when its input does, and leaves nothing behind.
package final class Probe {
    private let options: ProbeOptions
    private let server: ProbeServer
    private let tls: ClientTLS
    private let input: ProbeInput
    private let output: ProbeOutput
    private let inputDescriptor: Int32
    private let loop = EventLoop()
    private let lookup: NameLookup
    private let zero = Instant.now
    private var requests: [ObjectIdentifier: ProbeRequest] = [:]
    private var watch: ProbeWatch?
    private var number = 0
    private var due = Instant.now

    /// Being late by less than this is what a busy machine does.
    private static let worthTelling: Int64 = 200

    /// - Throws: what is wrong with the kubeconfig, or with a file it names.
    package init(_ options: ProbeOptions, input: Int32, output: Int32) throws(UsageError) {
        let (text, place): ([UInt8]?, String) =
            switch options.kubeconfig {
            case .text(let text): (text, "the kubeconfig")
            case .file(let path): (SmallFile.read(path), path)
            }
        guard let text else { throw UsageError("\(place) cannot be read: \(errorText(errno))") }
        let kubeconfig = try ProbeKubeconfig(parsing: text, place: place)
        self.options = options
        server = options.server ?? kubeconfig.server
        tls = try ClientTLS(kubeconfig, server: server)
        self.input = ProbeInput(input)
        self.output = ProbeOutput(output)
        inputDescriptor = input
        lookup = NameLookup(loop: loop)
    }

    package func run() {
        lookup.find(server.host) { [self] addresses in
            tellBegin(addresses)
            options.isCheck ? loop.stop() : begin()
        }
        loop.run()
        watch?.stop()
        lookup.stop()
        output.flush(patience: 1000)
    }

    private func tellBegin(_ addresses: [IPAddress]) {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        output.write(
            .object([
                .init("probe", .number(1)), .init("server", .string(server.description)),
                .init("addresses", .array(addresses.map { .string($0.description) })),
                .init("user", tls.user.map { .string($0) } ?? .null),
                .init("wall", .number(wall.tv_sec * 1_000_000 + wall.tv_nsec / 1000)), .init("at", .number(now)),
            ]))
    }

    private func begin() {
        // A regular file cannot be waited for; the beat looks at it.
        let listening = loop.watch(inputDescriptor, for: .read) { [self] _ in listen() }
        loop.after(options.limit * 1000) { [self] in loop.stop() }
        watch = ProbeWatch(
            server: server, through: options.through, loop: loop, lookup: lookup, tls: tls
        ) { [self] event in tell(event) }
        watch?.start()
        due = .now
        beat()
        self.listening = listening
    }

    private var listening: EventLoop.Watch?

    private func beat() {
        let late = Instant.now.milliseconds(since: due)
        if late >= Self.worthTelling {
            output.write(.object([.init("late", .number(Int(late) * 1000)), .init("at", .number(now))]))
        }
        ask()
        // Beats that were slept over are left out, or they would come all at once.
        repeat { due = due.advanced(by: options.interval) } while due <= .now
        loop.after(max(0, due.milliseconds(since: .now))) { [self] in beat() }
        listen()
        output.flush()
        if output.isBroken { loop.stop() }
    }

    private func ask() {
        number += 1
        let request = ProbeRequest(number, timeout: options.timeout, loop: loop) { [self] request, outcome in
            requests[ObjectIdentifier(request)] = nil
            tell(outcome)
        }
        requests[ObjectIdentifier(request)] = request
        request.start(to: server, path: options.path, lookup: lookup, tls: tls)
    }

    private func listen() {
        for line in input.lines() {
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "mark" else { continue }
            output.write(.object([.init("mark", .string(String(words[1]))), .init("at", .number(now))]))
        }
        guard input.hasEnded else { return }
        if let listening { loop.end(listening) }
        listening = nil
        loop.stop()
    }

    private func tell(_ outcome: ProbeRequest.Outcome) {
        var members: [JSONValue.Member] = [
            .init("request", .number(outcome.number)), .init("begin", .number(microseconds(outcome.begin))),
            .init("end", .number(microseconds(outcome.end))), .init("ok", .bool(outcome.isGood)),
        ]
        if let status = outcome.status { members.append(.init("status", .number(status))) }
        if !outcome.isGood { members.append(.init("why", .string(outcome.reason))) }
        output.write(.object(members))
    }

    private func tell(_ event: ProbeWatch.Event) {
        let (word, more): (String, JSONValue.Member?) =
            switch event {
            case .made(let digest): ("made", .init("certificate", .string(digest)))
            case .heard: ("heard", nil)
            case .lost(let reason): ("lost", .init("why", .string(reason)))
            case .failed(let reason): ("failed", .init("why", .string(reason)))
            }
        let members: [JSONValue.Member] = [.init("watch", .string(word)), .init("at", .number(now))]
        output.write(.object(members + (more.map { [$0] } ?? [])))
    }

    private var now: Int { microseconds(.now) }

    private func microseconds(_ instant: Instant) -> Int { Int((instant.nanoseconds - zero.nanoseconds) / 1000) }
}
