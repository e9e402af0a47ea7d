// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel
import Testing

/// Hosts on lines of 12.5 MB/s and a bundle of 190 MB: 15.2 s for one host.
@Suite struct RelayWorldTests {
    private static let rate = 12.5e6
    private static let ideal = Duration.milliseconds(15_200)

    private func world(_ count: Int, _ fanOut: PushSettings.FanOut = .auto, items: Int = 19) -> RelayWorld {
        RelayWorld(count, items: items, rate: Self.rate, fanOut: fanOut)
    }

    @Test func `sixteen hosts in a chain take little longer than one, and the operator sends once`() {
        var world = world(16)
        world.join()
        world.run()
        #expect(world.slowest() < Self.ideal * 1.1)
        #expect(world.uploaded <= world.size * 1.001)
        #expect(world.feeds == 1)
        #expect(world.isFinished && world.notices.isEmpty)
    }

    @Test(arguments: [1, 2, 8, 15, 16])
    func `a host that dies half-way is taken out, and the others lose little`(number: Int) {
        var world = world(16)
        world.join()
        world.run { if $0.now == .seconds(8) { $0.kill(number) } }
        #expect(world.slowest() < Self.ideal * 1.2)
        #expect(world.uploaded <= world.size * 1.02)
    }

    @Test(arguments: [1, 2, 4, 9, 15, 16])
    func `a host on a line of a quarter slows only itself`(number: Int) {
        var world = world(16)
        world[number].line = Self.rate / 4
        world[number].outLine = Self.rate / 4
        world.join()
        world.run()
        #expect(world.slowest(except: [number]) < Self.ideal * 1.5)
        #expect(world.slowest() < Self.ideal * 5)
        #expect(world.uploaded <= world.size * 1.1)
    }

    @Test func `a host that only gives slowly goes to the end, and those that seemed slow behind it do not`() {
        var world = world(16)
        world[5].outLine = Self.rate / 8
        world.join()
        world.run()
        #expect(world.slowest() < Self.ideal * 1.8)
        #expect(world.map.hosts[RelayWorld.host(5)]?.isSlow == true)
        #expect(world.map.hosts[RelayWorld.host(6)]?.isSlow == false)
    }

    @Test func `a host behind a firewall gives nothing and gets all`() {
        var world = world(8)
        world[3].isWalled = true
        world.join()
        world.run()
        #expect(world.slowest() < Self.ideal * 1.4)
        #expect(world.uploaded <= world.size * 1.02)
    }

    @Test func `hosts that reach no other get all from the operator, so many at a time as are allowed`() {
        var world = world(6)
        for number in 1...6 { world[number].isWalled = true }
        world.join()
        world.run()
        #expect(world.feeds == 4)
        #expect(world.slowest() < Self.ideal * 6.5)
    }

    @Test func `when all others die the last one gets the rest from the operator`() {
        var world = world(4)
        world.join()
        world.run { world in
            if world.now == .seconds(4) { for number in 1...3 { world.kill(number) } }
        }
        #expect(world.slowest() < Self.ideal * 1.1)
    }

    @Test func `a host that comes back goes on with what it has, and the others do not notice`() {
        var world = world(4)
        world.join()
        world.run { world in
            if world.now == .seconds(4) { world.kill(2) }
            if world.now == .seconds(6) { world.join(RelayWorld.host(2)) }
        }
        #expect(world.slowest() < Self.ideal * 1.2)
        #expect(world.uploaded <= world.size * 1.02)
    }

    @Test func `direct sends to so many at a time as are allowed, and all to each`() {
        var world = world(10, .direct)
        world.join()
        world.run()
        #expect(world.feeds == 4)
        #expect(world.uploaded >= world.size * 9.999)
    }

    @Test func `what a host has already it gives, and the operator sends nothing`() {
        var world = world(5)
        world[1].bytes = world.size
        world.join()
        world.run()
        #expect(world.uploaded == 0)
        #expect(world.slowest() < Self.ideal * 1.1)
    }

    @Test func `after a cut the operator sends only what nobody has`() {
        var world = world(8)
        for number in 1...8 { world[number].bytes = world.size * (0.95 - 0.01 * Double(number)) }
        world.join()
        world.run()
        #expect(world.uploaded <= world.size * 0.065)
    }
}
