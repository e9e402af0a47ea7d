// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Testing

@testable import HakubeGuardian

struct SentinelTests {
    private func settled(_ count: Int = 3) -> SentinelScene {
        var scene = SentinelScene(servers: count)
        scene.pass(1000)
        return scene
    }

    @Test func `servers that answer are beating and nothing else is said of them`() {
        var scene = settled(5)
        #expect(scene.pulses() == Array(repeating: .beating, count: 5))
        scene.pass(60_000)
        #expect(scene.verdicts.count == 5)
        #expect(scene.opened == 5)
    }

    @Test(arguments: Array(stride(from: Int64(0), to: 200, by: 10)))
    func `a killed process is known at once, whatever the moment`(phase: Int64) {
        var scene = settled()
        scene.pass(phase)
        let fault = scene.now
        scene.set(0, .killed)
        #expect(scene.verdicts(of: 0, since: fault) == [.init(server: 0, pulse: .refused, time: fault)])
    }

    @Test(arguments: Array(stride(from: Int64(0), to: 200, by: 10)))
    func `a host that is gone is known within 650 ms and not before a lost packet could be repeated`(phase: Int64)
        throws
    {
        var scene = settled()
        scene.pass(phase)
        let fault = scene.now
        scene.set(0, .gone)
        scene.pass(2000)
        let verdict = try #require(scene.verdicts(of: 0, since: fault).first)
        #expect(verdict.pulse == .hostSilent)
        #expect((400...650).contains(verdict.time - fault))
        #expect(Array(scene.pulses()[1...]) == [.beating, .beating])
    }

    @Test(arguments: Array(stride(from: Int64(0), to: 200, by: 10)))
    func `a hung process is known within 1060 ms`(phase: Int64) throws {
        var scene = settled()
        scene.pass(phase)
        let fault = scene.now
        scene.set(0, .hung)
        scene.pass(2000)
        let verdict = try #require(scene.verdicts(of: 0, since: fault).first)
        #expect(verdict.pulse == .processSilent)
        #expect(verdict.time - fault <= 1060)
    }

    @Test func `a pause shorter than the patience is no verdict`() {
        for state in [SentinelScene.Server.gone, .hung] {
            var scene = settled()
            scene.set(0, state)
            scene.pass(state == .hung ? 500 : 250)
            scene.set(0, .alive)
            scene.send(.echoed, to: 0)
            scene.pass(3000)
            #expect(scene.verdicts.count == 3)
        }
    }

    @Test func `two that die one after the other are both known soon`() {
        var scene = settled()
        scene.set(0, .gone)
        scene.pass(3000)
        let second = scene.now
        scene.set(1, .gone)
        scene.pass(700)
        #expect(scene.verdicts(of: 1, since: second).first?.pulse == .hostSilent)
        #expect(scene.pulses()[2] == .beating)
    }

    @Test(arguments: [Int64(300), 800, 1300, 4000], [Int64(0), 60, 130])
    func `most of them silent for a moment accuse this node, not them`(pause: Int64, phase: Int64) {
        var scene = settled()
        scene.pass(phase)
        for server in 0..<3 { scene.set(server, .gone) }
        scene.pass(pause)
        // What was sent while the network was away is lost; only new tries are answered.
        for server in 0..<3 { scene.set(server, .alive) }
        scene.pass(3000)
        #expect(scene.verdicts.count == 3)
    }

    @Test func `most of them silent for long are gone`() throws {
        var scene = settled()
        let fault = scene.now
        scene.set(0, .gone)
        scene.set(1, .gone)
        scene.pass(3000)
        for server in 0..<2 {
            let verdict = try #require(scene.verdicts(of: server, since: fault).first)
            #expect(verdict.pulse == .hostSilent)
            #expect((1400...1900).contains(verdict.time - fault))
        }
        #expect(scene.pulses()[2] == .beating)
    }

    @Test func `a node that stood still itself blames nobody`() {
        var scene = settled()
        // Beats are on their way when everything stops.
        for server in 0..<3 { scene.set(server, .hung) }
        scene.pass(100)
        scene.oversleep(1300)
        for server in 0..<3 {
            scene.set(server, .alive)
            scene.send(.echoed, to: server)
        }
        scene.pass(3000)
        #expect(scene.verdicts.count == 3)
    }

    @Test func `a node that keeps oversleeping still finds the dead one`() {
        var scene = settled()
        scene.set(0, .gone)
        for _ in 0..<12 { scene.oversleep(400) }
        scene.pass(200)
        #expect(scene.pulses()[0] == .hostSilent)
    }

    @Test func `whoever comes back is beating again within a beat`() {
        for state in [SentinelScene.Server.killed, .gone] {
            var scene = settled()
            scene.set(0, state)
            scene.pass(5000)
            let back = scene.now
            scene.set(0, .alive)
            scene.pass(800)
            let verdict = scene.verdicts(of: 0, since: back).first
            #expect(verdict?.pulse == .beating)
            #expect((verdict?.time ?? .max) - back <= (state == .killed ? 200 : 700))
        }
    }

    @Test func `a hung process that goes on is beating again`() {
        var scene = settled()
        scene.set(0, .hung)
        scene.pass(2000)
        #expect(scene.pulses()[0] == .processSilent)
        scene.set(0, .alive)
        scene.send(.greeted, to: 0)
        #expect(scene.pulses()[0] == .beating)
    }

    @Test func `a dying listener that resets what it accepted is asked again until it refuses`() {
        var scene = settled()
        let fault = scene.now
        scene.set(0, .dying)
        #expect(scene.pulses()[0] == .unknown)
        scene.set(0, .killed)
        scene.pass(1300)
        #expect(scene.verdicts(of: 0, since: fault).last?.pulse == .refused)
        // Four tries at once, then no storm.
        #expect(scene.opened < 15)
    }

    @Test func `an old connection that the server retires is replaced without a word`() {
        var scene = settled()
        scene.send(.leaving, to: 0)
        #expect(scene.opened == 4)
        scene.pass(1000)
        #expect(scene.verdicts.count == 3)
    }

    @Test func `a server that retires its connections and refuses new ones is leaving, and dead when the old one ends`()
    {
        var scene = settled()
        scene.set(0, .closing)
        scene.send(.leaving, to: 0)
        #expect(scene.pulses()[0] == .leaving)
        // It answers its beats all the while, and is asked for a new connection now and then.
        scene.pass(3000)
        #expect(scene.pulses()[0] == .leaving)
        #expect((3...8).contains(scene.opened - 3))
        scene.set(0, .killed)
        #expect(scene.pulses()[0] == .refused)
    }

    @Test func `a server that retires its connections and takes new ones again beats on`() {
        var scene = settled()
        scene.set(0, .closing)
        scene.send(.leaving, to: 0)
        scene.set(0, .alive)
        scene.pass(1500)
        #expect(scene.pulses()[0] == .beating)
    }

    @Test func `a host that goes while a connection is being replaced is known as soon as otherwise`() throws {
        var scene = settled()
        scene.set(0, .hung)
        scene.send(.leaving, to: 0)
        scene.set(0, .gone)
        let fault = scene.now
        scene.pass(1500)
        let verdict = try #require(scene.verdicts(of: 0, since: fault).first)
        #expect(verdict.pulse.isSilent)
        #expect(verdict.time - fault <= 1060)
    }

    @Test func `a server that never answered is judged after its first silence`() {
        var scene = SentinelScene(servers: 2)
        scene.set(0, .gone)
        scene.pass(1000)
        #expect(scene.pulses() == [.hostSilent, .beating])
    }

    @Test func `when the way is back the last one to answer is not judged for being the last`() {
        var scene = settled()
        for server in 0..<3 { scene.set(server, .gone) }
        scene.pass(1300)
        // Each neighbour is looked for at its own time.
        for (server, later) in [(0, Int64(300)), (1, 300), (2, 0)] {
            scene.set(server, .alive)
            scene.pass(later)
        }
        scene.pass(2000)
        #expect(scene.verdicts.count == 3)
    }

    @Test func `when none answers for five seconds that is told of all in one moment`() throws {
        var scene = settled()
        let fault = scene.now
        for server in 0..<3 { scene.set(server, .gone) }
        scene.pass(7000)
        let told = scene.verdicts.filter { $0.time > fault }
        #expect(told.map(\.pulse) == [.hostSilent, .hostSilent, .hostSilent])
        #expect(Set(told.map(\.time)).count == 1)
        #expect((5000...5400).contains((told.first?.time ?? 0) - fault))
    }

    @Test(arguments: [
        (1, 1, SentinelMachine.Others.answer), (1, 2, .answer), (2, 2, .noneAnswers), (1, 3, .answer),
        (2, 3, .mostAreSilent), (2, 5, .answer), (3, 5, .mostAreSilent), (5, 5, .noneAnswers),
    ])
    func `silence is seen beside the others`(silent: Int, count: Int, expected: SentinelMachine.Others) {
        var scene = settled(count)
        for server in 0..<silent { scene.set(server, .gone) }
        scene.pass(480)
        #expect(SentinelGroup.others(scene.machines, at: scene.now) == expected)
    }
}

struct HTTP2Tests {
    @Test func `frames are cut out wherever the bytes are split`() {
        let bytes =
            HTTP2.frame(HTTP2.settings, flags: 0, [0, 3, 0, 0, 0, 100]) + HTTP2.beat
            + HTTP2.frame(HTTP2.goAway, flags: 0, Array(repeating: 0, count: 8))
        for cut in bytes.indices {
            var reader = HTTP2.Reader()
            var kinds: [UInt8] = []
            for part in [bytes[..<cut], bytes[cut...]] {
                reader.append(part)
                while let frame = reader.next() { kinds.append(frame.kind) }
            }
            #expect(kinds == [HTTP2.settings, HTTP2.ping, HTTP2.goAway])
        }
    }

    @Test func `a beat is a PING with eight bytes on stream 0`() {
        #expect(HTTP2.beat.count == 17)
        #expect(Array(HTTP2.beat[..<9]) == [0, 0, 8, 6, 0, 0, 0, 0, 0])
        #expect(Array(HTTP2.opening.suffix(9)) == [0, 0, 0, 4, 0, 0, 0, 0, 0])
    }

    @Test func `what is larger than the protocol allows is not waited for`() {
        var reader = HTTP2.Reader()
        reader.append(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)[...])
        let frame = reader.next()
        #expect(frame == nil)
        #expect(reader.isMalformed)
    }
}
