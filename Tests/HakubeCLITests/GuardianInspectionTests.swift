// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubeCLI

@Suite struct GuardianInspectionTests {
    private let fixture: GuardianFixture

    init() throws { fixture = try GuardianFixture() }

    @Test func `a master that is down is no fault of the worker`() throws {
        let finding = try #require(fixture.finding(GuardianFixture.calm))
        #expect(finding.verdict == .inOrder && finding.problems.isEmpty && finding.notes.isEmpty)
        #expect(finding.report?.real?.last?.weight == nil)
        #expect(finding.report?.transitions?.count == 2)
    }

    @Test func `the program's exit code says less than its report, and the report counts`() {
        #expect(fixture.finding(GuardianFixture.calm, status: 5)?.verdict == .inOrder)
    }

    @Test func `a deviation it names itself is a fault`() {
        let text = GuardianFixture.said(("\"deviations\":[]", "\"deviations\":[\"10.0.0.9:6443 is not wanted\"]"))
        #expect(fixture.finding(text)?.verdict == .deviates)
        #expect(fixture.problems(text).map { $0.hasPrefix("10.0.0.9:6443 is not wanted; ") } == [true])
    }

    @Test func `a list without a master of the inventory is a fault, and one with a stranger`() {
        let text = GuardianFixture.said(("10.0.0.2:6443", "10.0.0.9:6443"))
        #expect(
            fixture.problems(text) == [
                "its list lacks 10.0.0.2:6443; run 'hakube init' with this inventory; it writes the list anew",
                "its list has 10.0.0.9:6443, which the inventory has not; "
                    + "run 'hakube init' with this inventory, or add the master to it",
            ])
    }

    @Test func `addresses are compared by what they mean, not by how they are written`() throws {
        let spec = try SampleCluster.spec(masters: ["fd00::1"], nodes: ["fd00::2"], vip: "fd00:10:103:97::2")
        let text = """
            {"running":true,"virtual":"[fd00:10:103:97:0::2]:6443","real":[{"address":"[FD00:0::1]:6443","state":"up"}]}
            """
        let answers = [HostID("fd00::2"): GuardianAnswer(ScriptOutput(status: 0, out: text))]
        #expect(GuardianInspection(spec: spec).findings(answers).map(\.verdict) == [.inOrder])
    }

    @Test func `another endpoint than the inventory's is a fault`() {
        let text = GuardianFixture.said(("10.103.97.2:6443", "10.9.9.9:6443"))
        #expect(fixture.problems(text).map { $0.contains("the inventory's endpoint is 10.103.97.2:6443") } == [true])
    }

    @Test func `no way through the VIP while a master is up is a fault`() {
        let text = GuardianFixture.said(
            (
                "{\"ok\":true,\"status\":200,\"milliseconds\":4,\"detail\":\"HTTP 200\"}",
                "{\"ok\":false,\"detail\":\"timed out\"}"
            ))
        #expect(fixture.problems(text).map { $0.contains("although a master is up: timed out") } == [true])
    }

    @Test func `no master that answers is one fault, not two`() {
        let text = GuardianFixture.said(
            ("\"state\":\"up\"", "\"state\":\"down\""), ("{\"ok\":true", "{\"ok\":false"),
            ("\"suspectsItself\":false", "\"suspectsItself\":true"), ("\"failOpen\":false", "\"failOpen\":true"))
        #expect(fixture.problems(text).map { $0.hasPrefix("no master answers this worker well") } == [true])
        #expect(fixture.finding(text)?.notes.count == 2)
    }

    @Test(arguments: [
        ("\"problem\":null,\"real\"", "\"problem\":\"no permission\",\"real\"", "cannot do its work: no permission"),
        (
            "json\",\"problem\":null", "json\",\"problem\":\"bad JSON\"",
            "the list on this host is not in force: bad JSON"
        ),
    ])
    func `trouble of its own is a fault`(from: String, to: String, words: String) {
        let problems = fixture.problems(GuardianFixture.said((from, to)))
        #expect(problems.map { $0.contains(words) } == [true], "\(problems)")
    }

    @Test func `no running guardian, no program and no answer are told apart`() {
        #expect(fixture.finding("{\"running\":false}", status: 5)?.verdict == .noGuardian)
        #expect(fixture.finding("", status: 127)?.verdict == .noGuardian)
        #expect(fixture.finding("Segmentation fault", status: 139)?.verdict == .deviates)
        let error = TransportError(.unreachable, peer: "root@10.0.1.1:22", message: "no route", remedy: "start it")
        let found = GuardianInspection(spec: fixture.spec).findings([GuardianFixture.one: .silent(error)])
        #expect(found.map(\.verdict) == [.unreachable])
        #expect(
            found.first?.problems.map(\.description) == [
                "10.0.1.1: root@10.0.1.1:22 cannot be asked: no route; start it"
            ])
    }

    @Test func `a guardian that has just started is asked again`() {
        #expect(
            fixture.problems("{\"running\":true}").map { $0.hasPrefix("the guardian has told nothing yet") } == [true])
    }

    @Test func `an earlier guardian tells less, a later one more, and both are understood`() {
        let earlier = """
            {"running":true,"version":"v0.1.0","backend":"proxy","reason":"r","virtual":"10.103.97.2:6443","pid":7,\
            "started":"s","failOpen":false,"verifying":true,"problem":null,"real":[\
            {"address":"10.0.0.1:6443","state":"up","weight":1,"since":"t","detail":"d"},\
            {"address":"10.0.0.2:6443","state":"up","weight":1,"since":"t","detail":"d"},\
            {"address":"10.0.0.3:6443","state":"up","weight":1,"since":"t","detail":"d"}]}
            """
        #expect(fixture.finding(earlier)?.verdict == .inOrder)
        let later = GuardianFixture.said(("{\"running\"", "{\"novel\":{\"deep\":[1]},\"running\""))
        #expect(fixture.finding(later)?.verdict == .inOrder)
    }
}
