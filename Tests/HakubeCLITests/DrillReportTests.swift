// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubePlan
import HakubeTestSupport
import Testing

@testable import HakubeCLI

/// What an operator and a program are shown of a drill.
struct DrillReportTests {
    private func ms(_ value: Int) -> Duration { .milliseconds(value) }

    private func place(
        _ name: String, outages: [Outage] = [], failed: Int = 0, gaps: [WatchGap] = [], onTarget: Bool = true,
        stood: Bool = true
    ) -> (place: DrillPlace, measure: PlaceMeasure, precision: Duration) {
        let measure = PlaceMeasure(
            requests: 800, failed: failed, failedBefore: 0, outages: outages,
            watch: WatchMeasure(
                stood: stood, stoodOnTarget: onTarget, gaps: gaps, reason: stood ? "" : "answered 403"),
            end: ms(40_000), reasons: failed > 0 ? ["no answer in 1000 ms": failed] : [:])
        let outside = OutsideTarget(host: "10.0.0.1", port: 6443)
        return (DrillPlace(name: name, kind: .outside(outside), server: "a:6443"), measure, ms(3))
    }

    private func outcome(
        kind: DrillKind = .process, serving: Duration? = .milliseconds(30_500),
        _ places: [(place: DrillPlace, measure: PlaceMeasure, precision: Duration)]
    ) throws -> DrillOutcome {
        DrillOutcome(
            cluster: "sample", kind: kind, target: try SampleCluster.spec(masters: ["10.0.0.1"]).masters[0],
            targetName: "master1", moment: try Date("2026-11-30T20:15:03Z", strategy: .iso8601), precision: ms(2),
            putBack: kind.canBePutBack ? ms(20_040) : nil, serving: serving, trouble: serving == nil ? "no answer" : "",
            places: places, notes: [])
    }

    private func rows(_ outcome: DrillOutcome) -> [[String]] {
        DrillText.report(outcome).split(separator: "\n").drop { !$0.hasPrefix("FROM") }.map {
            $0.split(separator: " ").map(String.init)
        }
    }

    @Test func `it ended well when the master serves and all workers have the endpoint and their watch back`() throws {
        let worker = try SampleCluster.spec(masters: ["10.0.0.1"], nodes: ["10.0.1.1"]).nodes[0]
        func onWorker(
            _ seen: (place: DrillPlace, measure: PlaceMeasure, precision: Duration)
        ) -> (place: DrillPlace, measure: PlaceMeasure, precision: Duration) {
            (DrillPlace(name: "w", kind: .worker(worker), server: "a:6443"), seen.measure, seen.precision)
        }
        let lost = place("w", outages: [Outage(begin: ms(30), end: nil, requests: 9)], failed: 9)
        let deaf = place("w", gaps: [WatchGap(begin: .zero, noticed: ms(21), end: nil, reason: "reset")])
        let back = place("w", outages: [Outage(begin: ms(30), end: ms(90), requests: 2)], failed: 2)
        #expect(try outcome([onWorker(back), onWorker(place("w", stood: false))]).isWell)
        #expect(try !outcome(serving: nil, [onWorker(back)]).isWell)
        #expect(try !outcome([onWorker(back), onWorker(lost)]).isWell)
        #expect(try !outcome([onWorker(deaf)]).isWell)
        // Who asks a dead master from outside has no way around it.
        #expect(try outcome([onWorker(back), lost, deaf]).isWell)
    }

    @Test func `each place has a row, in milliseconds from the stop`() throws {
        let gap = WatchGap(begin: .zero, noticed: ms(21), end: ms(128), reason: "reset")
        let outcome = try outcome([
            place("worker1", outages: [Outage(begin: ms(12), end: ms(1064), requests: 7)], failed: 7, gaps: [gap]),
            place("worker2", onTarget: false),
            place("worker3", stood: false),
            place("worker4", outages: [Outage(begin: ms(30), end: nil, requests: 9)], failed: 9),
        ])
        let rows = rows(outcome)
        #expect(rows[0] == ["FROM", "REQUESTS", "FAILED", "LONGEST", "FIRST", "BACK", "WATCH", "AWAY"])
        #expect(rows[1] == ["worker1", "800", "7", "1052", "ms", "12", "ms", "1064", "ms", "128", "ms"])
        #expect(rows[2] == ["worker2", "800", "0", "-", "-", "-", "elsewhere"])
        #expect(rows[3] == ["worker3", "800", "0", "-", "-", "-", "none"])
        #expect(rows[4] == ["worker4", "800", "9", "39970", "ms", "30", "ms", "NOT", "BACK", "held"])
        let text = DrillText.report(outcome)
        #expect(text.hasPrefix("Drill in sample: the API server of master1 was killed, and put back after 20.0s.\n"))
        #expect(text.contains("It served again 10.5s after that.\n"))
        #expect(text.contains("worker1: 7 × no answer in 1000 ms\n"))
        #expect(text.contains("worker1: the watch was lost 21 ms after the stop: reset\n"))
        #expect(text.contains("worker3: there was no watch: answered 403\n"))
        #expect(text.contains("right to 3 ms"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func `a master that does not serve is told in capitals, and why`() throws {
        let text = DrillText.report(try outcome(kind: .host, serving: nil, [place("worker1")]))
        #expect(text.hasPrefix("Drill in sample: master1 was restarted.\nIt DOES NOT SERVE yet: no answer\n"))
        #expect(text.contains("held: the watch stood on master1"))
    }

    @Test func `what will be done is told with its safety, and who measures what`() {
        let places = [place("worker1").place]
        func told(_ kind: DrillKind) -> String {
            DrillText.announcement(kind, target: "master1", cluster: "sample", length: .seconds(20), places: places)
        }
        #expect(told(.process).contains("killed, and kept away for 20.0s.\nBefore that a timer on the host is armed"))
        #expect(told(.network).contains("every packet"))
        #expect(told(.host).contains("restarts at once") && !told(.host).contains("timer"))
        #expect(told(.process).hasSuffix("  worker1 asks a:6443\n"))
    }

    @Test func `the document has milliseconds under keys that stay`() throws {
        let gap = WatchGap(begin: .zero, noticed: ms(21), end: nil, reason: "reset")
        let outcome = try outcome([
            place("worker1", outages: [Outage(begin: ms(12), end: ms(64), requests: 2)], failed: 2, gaps: [gap])
        ])
        let data = try DrillDocument(outcome, timeline: "/x.svg").json()
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["kind"] as? String == "process" && object["moment"] as? String == "2026-11-30T20:15:03Z")
        #expect(object["putBack"] as? Int == 20_040 && object["serving"] as? Int == 30_500)
        #expect(object["serves"] as? Bool == true && object["end"] as? Int == 40_000)
        let place = try #require((object["places"] as? [[String: Any]])?.first)
        #expect(place["longest"] as? Int == 52 && place["back"] as? Int == 64 && place["precision"] as? Int == 3)
        #expect((place["outages"] as? [[String: Any]])?.first?["end"] as? Int == 64)
        let watch = try #require(place["watch"] as? [String: Any])
        #expect(watch["away"] as? Int == 40_000 && watch["isBack"] as? Bool == false)
        #expect((watch["gaps"] as? [[String: Any]])?.first?["noticed"] as? Int == 21)
    }

    // MARK: - The chart

    /// Attributes of elements of a class, in their order.
    private func elements(_ name: String, in svg: String) -> [[String: String]] {
        svg.split(separator: "\n").filter { $0.contains("class=\"\(name)\"") }.map { line in
            var found: [String: String] = [:]
            for part in line.matches(of: /([a-z]+)="([^"]*)"/) { found[String(part.output.1)] = String(part.output.2) }
            return found
        }
    }

    @Test func `the chart has red where a place was away, at the place of its time`() throws {
        let gap = WatchGap(begin: .zero, noticed: ms(20), end: ms(20_000), reason: "")
        let svg = DrillTimeline(
            outcome: try outcome([
                place(
                    "worker1",
                    outages: [
                        Outage(begin: .zero, end: ms(10), requests: 1),
                        Outage(begin: ms(20_000), end: nil, requests: 1),
                    ], failed: 2, gaps: [gap]),
                place("worker2", stood: false),
            ])
        ).svg
        let away = elements("away", in: svg)
        // 42 s, of which two come before the stop, on 680 units from 250 on.
        #expect(away.map { $0["x"] } == ["282.4", "606.2"])
        #expect(away[0]["width"] == "2.0", "a short one can be seen")
        #expect(away[1]["width"] == "323.8")
        #expect(elements("lost", in: svg).map { $0["width"] } == ["323.8"])
        #expect(elements("good", in: svg).count == 2 && elements("watch", in: svg).count == 1)
        let events = elements("event", in: svg).compactMap { $0["d"]?.split(separator: " ").first }
        #expect(events == ["M282.4", "M606.8", "M776.2"])
        #expect(svg.contains(">stopped</text>") && svg.contains(">put back after 20.0s</text>"))
        #expect(svg.contains(">serves again after 30.5s</text>"))
    }

    @Test func `a chart without failures, and without a return, is one as well`() throws {
        let svg = DrillTimeline(outcome: try outcome(kind: .host, serving: nil, [place("worker1")])).svg
        #expect(elements("away", in: svg).isEmpty && elements("event", in: svg).count == 1)
        #expect(svg.contains("no request failed"))
        #expect(DrillTimeline(outcome: try outcome([])).svg.hasSuffix("</svg>\n"))
    }

    @Test func `names cannot break the chart`() throws {
        let svg = DrillTimeline(outcome: try outcome([place("<a>&\"b\"\u{1B}[31m")])).svg
        #expect(svg.contains(">&lt;a&gt;&amp;&quot;b&quot;</text>"))
        let parser = try LocalProgram.run(
            [
                "/usr/bin/env", "python3", "-c",
                "import sys, xml.dom.minidom as m; m.parseString(sys.stdin.read()); print('ok')",
            ],
            input: svg)
        #expect(parser == "ok\n")
    }
}
