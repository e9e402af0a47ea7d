// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeCLI
import Testing

/// From clocks and samples to outages.
struct DrillAnalysisTests {
    private func ms(_ value: Int) -> Duration { .milliseconds(value) }

    // MARK: - Clocks

    private func mark(_ sent: Int, _ received: Int, _ theirs: Int) -> ClockMark {
        ClockMark(sent: ms(sent), received: ms(received), theirs: ms(theirs))
    }

    @Test func `another clock is read through the narrowest that all exchanges allow`() throws {
        // Theirs is 5000 ahead; on the way there 3 and back 7, then there 9 and back 1.
        let clock = try #require(ClockAlignment([mark(100, 110, 5103), mark(200, 210, 5209)]))
        // The first allows -5003 to -4993, the second -5009 to -4999.
        #expect(clock.offset == ms(-5001) && clock.precision == ms(2))
        #expect(clock.ours(ms(5300)) == ms(299))
        let one = try #require(ClockAlignment([mark(100, 110, 5103)]))
        #expect(one.offset == ms(-4998) && one.precision == ms(5))
    }

    @Test func `a clock behind this one, by days, is read as well`() throws {
        let clock = try #require(ClockAlignment([mark(200_000_000, 200_000_004, 2)]))
        #expect(clock.ours(ms(10)) == ms(200_000_010))
    }

    @Test func `a clock that was set between two exchanges is read by the quicker one`() throws {
        let clock = try #require(ClockAlignment([mark(100, 120, 5110), mark(200, 204, 9202)]))
        #expect(clock.offset == ms(-9000) && clock.precision == ms(2))
    }

    @Test func `without an exchange, or with answers before their questions, no clock is read`() {
        #expect(ClockAlignment([]) == nil)
        #expect(ClockAlignment([mark(10, 9, 5)]) == nil)
    }

    // MARK: - Requests

    private func sample(_ begin: Int, _ end: Int, _ isGood: Bool) -> ProbeSample {
        ProbeSample(begin: ms(begin), end: ms(end), isGood: isGood, reason: isGood ? "" : "refused")
    }

    private func measure(_ samples: [ProbeSample], watch: [WatchChange] = []) -> PlaceMeasure {
        var record = ProbeRecord()
        record.samples = samples
        record.watch = watch
        return OutageAnalysis.measure(record, certificate: "target")
    }

    @Test func `no failure at all is no outage`() {
        let measure = measure([sample(-50, -48, true), sample(0, 2, true), sample(50, 52, true)])
        #expect(measure.requests == 2 && measure.failed == 0 && measure.outages.isEmpty && measure.isBack)
        #expect(measure.longest == nil && measure.firstFailure == nil && measure.back == nil)
        #expect(measure.reasons.isEmpty && measure.end == ms(50))
    }

    @Test func `an outage lasts from the first bad request's begin to the next good one's`() {
        let measure = measure([
            sample(0, 2, true), sample(50, 51, false), sample(100, 101, false), sample(150, 152, true),
        ])
        #expect(measure.outages == [Outage(begin: ms(50), end: ms(150), requests: 2)])
        #expect(measure.firstFailure == ms(50) && measure.back == ms(150) && measure.longest == ms(100))
        #expect(measure.reasons == ["refused": 2])
    }

    @Test func `what was under way at the stop counts from the stop, what had ended before does not count`() {
        let measure = measure([
            sample(-900, -850, false), sample(-40, 960, false), sample(10, 1010, false), sample(60, 62, true),
        ])
        #expect(measure.outages == [Outage(begin: .zero, end: ms(60), requests: 2)])
        #expect(measure.failed == 2 && measure.failedBefore == 1 && measure.requests == 3)
        // A good one that was under way is no outage, and no negative time either.
        let good = self.measure([sample(-40, 10, true), sample(10, 12, true)])
        #expect(good.outages.isEmpty && good.requests == 2)
    }

    @Test func `requests that overlap are told apart by when they began, in whatever order they ended`() {
        // Each third goes to the dead one and hangs; the others answer meanwhile.
        let samples = [
            sample(50, 1050, false), sample(100, 102, true), sample(150, 152, true), sample(200, 1200, false),
            sample(250, 252, true), sample(300, 302, true),
        ]
        let expected = [
            Outage(begin: ms(50), end: ms(100), requests: 1), Outage(begin: ms(200), end: ms(250), requests: 1),
        ]
        #expect(measure(samples).outages == expected)
        #expect(measure(samples.sorted { $0.end < $1.end }).outages == expected)
        #expect(measure(samples).longest == ms(50) && measure(samples).back == ms(250))
    }

    @Test func `what never comes back counts to the end of measuring`() {
        let measure = measure([sample(0, 2, true), sample(50, 1050, false), sample(100, 1100, false)])
        #expect(measure.outages == [Outage(begin: ms(50), end: nil, requests: 2)])
        #expect(!measure.isBack && measure.back == nil && measure.longest == ms(50) && measure.end == ms(100))
    }

    @Test func `the longest outage is not the last one`() {
        let measure = measure([
            sample(0, 1, false), sample(300, 302, true), sample(350, 351, false), sample(400, 402, true),
        ])
        #expect(measure.longest == ms(300) && measure.back == ms(400))
    }

    // MARK: - The watch

    private func change(_ at: Int, _ what: WatchChange.What) -> WatchChange { WatchChange(at: ms(at), what: what) }
    private func made(_ at: Int, _ name: String) -> WatchChange { change(at, .made(certificate: name)) }
    private func watch(_ changes: WatchChange...) -> WatchMeasure { OutageAnalysis.watch(changes, "target") }

    @Test func `a watch on the target is away from the stop, noticed or not`() {
        let found = watch(made(-4000, "target"), change(300, .lost("reset")), made(420, "other"))
        #expect(found.gaps == [WatchGap(begin: .zero, noticed: ms(300), end: ms(420), reason: "reset")])
        #expect(found.stood && found.stoodOnTarget && found.isBack && found.longest(until: ms(9000)) == ms(420))
    }

    @Test func `what it still carried after the stop it had`() {
        let found = watch(made(-9, "target"), change(250, .heard), change(300, .lost("reset")), made(420, "other"))
        #expect(found.gaps.first?.begin == ms(250))
    }

    @Test func `a watch elsewhere is away from its own end on`() {
        let found = watch(made(-4000, "other"), change(300, .lost("reset")), made(420, "target"))
        #expect(found.gaps == [WatchGap(begin: ms(300), noticed: ms(300), end: ms(420), reason: "reset")])
        #expect(!found.stoodOnTarget)
    }

    @Test func `only the first gap reaches back to the stop`() {
        let found = watch(
            made(-4000, "target"), change(10, .lost("a")), made(20, "other"), change(500, .lost("b")), made(530, "x"))
        #expect(found.gaps.map(\.begin) == [.zero, ms(500)] && found.longest(until: ms(600)) == ms(30))
    }

    @Test func `a watch that never comes back counts to the end`() {
        let found = watch(made(-4000, "target"), change(10, .lost("a")), change(50, .failed("refused")))
        #expect(!found.isBack && found.longest(until: ms(700)) == ms(700) && found.reason.isEmpty)
    }

    @Test func `a watch that broke and stood again before the stop stands, and one that never stood has its reason`() {
        let moved = watch(made(-4000, "target"), change(-3000, .lost("a")), made(-2000, "other"))
        #expect(moved.stood && !moved.stoodOnTarget && moved.gaps.isEmpty && moved.isBack)
        let none = watch(change(-4000, .failed("answered 403")))
        #expect(!none.stood && none.reason == "answered 403" && none.longest(until: ms(1)) == nil)
        let lost = watch(made(-4000, "target"), change(-1, .lost("a")))
        #expect(!lost.stood && !lost.stoodOnTarget)
    }

    private func isSettled(_ changes: WatchChange...) -> Bool {
        OutageAnalysis.isSettled(changes, certificate: "target", back: ms(20_000))
    }

    @Test func `a silent watch on the target is waited for until it is lost or carries again`() {
        #expect(!isSettled(made(-9, "target")))
        #expect(!isSettled(made(-9, "target"), change(19_000, .heard)))
        #expect(isSettled(made(-9, "target"), change(20_500, .heard)))
        #expect(!isSettled(made(-9, "target"), change(45_000, .lost("no answer"))))
        #expect(isSettled(made(-9, "target"), change(45_000, .lost("no answer")), made(45_100, "other")))
        #expect(isSettled(made(-9, "other")))
        #expect(isSettled())
    }

    // MARK: - Lines of a probe

    @Test func `a probe's lines are understood, and nothing else is`() {
        let begin = #"{"probe":1,"server":"a:6443","addresses":["10.0.0.1"],"user":"u","wall":1,"at":5}"#
        #expect(ProbeLine(begin) == .begin(ProbeBegin(server: "a:6443", addresses: ["10.0.0.1"], user: "u")))
        let bad = #"{"request":3,"begin":1500,"end":2500,"ok":false,"why":"x"}"#
        #expect(
            ProbeLine(bad)
                == .request(
                    ProbeSample(begin: .microseconds(1500), end: .microseconds(2500), isGood: false, reason: "x")))
        #expect(
            ProbeLine(#"{"watch":"made","at":7,"certificate":"c"}"#)
                == .watch(WatchChange(at: .microseconds(7), what: .made(certificate: "c"))))
        #expect(
            ProbeLine(#"{"watch":"lost","at":7,"why":"w"}"#)
                == .watch(WatchChange(at: .microseconds(7), what: .lost("w"))))
        #expect(ProbeLine(#"{"mark":"4","at":9}"#) == .mark("4", at: .microseconds(9)))
        #expect(ProbeLine(#"{"late":250000,"at":9}"#) == .late(ms(250), at: .microseconds(9)))
        for text in ["", "sudo: x", "{}", #"{"probe":2,"server":"a"}"#, #"{"watch":"odd","at":1}"#, #"{"request":1}"#] {
            #expect(ProbeLine(text) == nil, "\(text)")
        }
    }

    private func record(good: Int, bad: Int = 0, hasWatch: Bool = true) -> ProbeRecord {
        var record = ProbeRecord()
        let samples =
            Array(repeating: sample(0, 1, false), count: bad) + Array(repeating: sample(0, 1, true), count: good)
        record.samples = samples
        if hasWatch { record.watch = [made(0, "x")] }
        return record
    }

    @Test func `a place is fit when its last two seconds were good and its watch stands`() {
        #expect(record(good: 40).calm(after: .seconds(2)) == .calm)
        #expect(record(good: 40, bad: 9).calm(after: .seconds(3)) == .calm)
        #expect(record(good: 39).calm(after: .seconds(2)) == .waiting)
        #expect(record(good: 40, hasWatch: false).calm(after: .seconds(7)) == .waiting)
        #expect(record(good: 40, hasWatch: false).calm(after: .seconds(8)) == .calm)
        #expect(record(good: 20, bad: 20).calm(after: .seconds(19)) == .waiting)
    }

    @Test func `a place that gets no answer is given up soon, one that gets some later`() {
        #expect(record(good: 0, bad: 100).calm(after: .seconds(5)) == .waiting)
        let reason = "100 of 100 requests failed, the last with: refused"
        #expect(record(good: 0, bad: 100).calm(after: .seconds(6)) == .never(reason))
        #expect(
            record(good: 10, bad: 90).calm(after: .seconds(20))
                == .never("90 of 100 requests failed, the last with: refused"))
        #expect(ProbeRecord().calm(after: .seconds(6)) == .never("the probe says nothing"))
    }
}
