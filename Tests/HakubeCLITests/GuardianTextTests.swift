// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import HakubeTransport
import Testing

@testable import HakubeCLI

/// What the operator gets to see of the guardians.
@Suite struct GuardianTextTests {
    private let fixture: GuardianFixture

    init() throws { fixture = try GuardianFixture() }

    @Test func `the text says it all in 80 columns`() throws {
        let foreign = GuardianFixture.said(
            ("\"route\"", "\"extra\":0,\"route\""),
            ("\"destinations\":[", "\"destinations\":[{\"address\":\"10.0.0.9:6443\",\"weight\":3},"),
            ("\"deviations\":[]", "\"deviations\":[\"10.0.0.9:6443 is in the kernel's table and not wanted\"]"))
        let answers = [GuardianFixture.calm, foreign].map { GuardianAnswer(ScriptOutput(status: 0, out: $0)) }
        let found = GuardianInspection(spec: fixture.spec).findings(
            Dictionary(uniqueKeysWithValues: zip(fixture.spec.nodes.map(\.id), answers)))
        let text = GuardianText(spec: fixture.spec, findings: found).text
        #expect(text == Self.expected)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func `what a host says cannot steer the terminal`() throws {
        let finding = try #require(fixture.finding(GuardianFixture.said(("refused", "\\u001b[2Jrefused"))))
        let text = GuardianText(spec: fixture.spec, findings: [finding]).text
        #expect(text.contains("refused") && !text.contains("\u{1B}"))
    }

    @Test func `a proxy has no table in the kernel`() throws {
        let text = """
            {"running":true,"backend":"proxy","virtual":"10.103.97.2:6443",\
            "real":[{"address":"10.0.0.1:6443","state":"up","weight":1}],\
            "live":{"listening":true,"connections":3,"route":true}}
            """
        let finding = try #require(fixture.finding(text))
        let shown = GuardianText(spec: fixture.spec, findings: [finding]).text
        #expect(shown.contains("the proxy listens, 3 connections, the local route stands"))
        #expect(!shown.contains("LIVE") && shown.contains("WANTED"))
    }

    @Test func `a cluster of masters alone has no guardian`() throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"])
        let text = GuardianText(spec: spec, findings: []).text
        #expect(text.contains("\nThe inventory has no workers, so there is no guardian.\n"))
    }

    @Test func `JSON holds verdict, faults and what the guardian said`() throws {
        let finding = try #require(fixture.finding(GuardianFixture.said(("10.0.0.2:6443", "10.0.0.9:6443"))))
        let data = try GuardianDocument(spec: fixture.spec, findings: [finding]).json()
        let root = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(root["inOrder"] as? Bool == false)
        #expect(root["masters"] as? [String] == ["10.0.0.1:6443", "10.0.0.2:6443", "10.0.0.3:6443"])
        let worker = try #require((root["workers"] as? [[String: Any]])?.first)
        #expect(worker["verdict"] as? String == "deviates")
        #expect((worker["problems"] as? [[String: String]])?.count == 2)
        let status = try #require(worker["status"] as? [String: Any])
        #expect(status["backend"] as? String == "ipvs")
        #expect((status["live"] as? [String: Any])?["route"] as? Bool == true)
    }

    private static let expected = """
        Cluster sample: 3 masters behind 10.103.97.2:6443

        10.0.1.1  in order
          guardian  ipvs: the kernel has IPVS, v0.1.0, since 2026-11-21T09:00:00Z
          live      the IPVS service stands, the local route stands
          probe     HTTP 200 in 4 ms through 10.103.97.2:6443
          MASTER         STATE  WANTED  LIVE  SINCE                 LAST SEEN
          10.0.0.1:6443  up     1       1     2026-11-21T09:00:00Z  HTTP 200
          10.0.0.2:6443  up     1       1     2026-11-21T09:00:00Z  HTTP 200
          10.0.0.3:6443  down   -       -     2026-11-21T10:00:00Z  refused
          changes   2026-11-21T10:00:00Z  10.0.0.3:6443  up -> down: refused
                    2026-11-21T09:00:00Z  10.0.0.3:6443  unknown -> up: HTTP 200

        10.0.1.2  DEVIATES
          guardian  ipvs: the kernel has IPVS, v0.1.0, since 2026-11-21T09:00:00Z
          live      the IPVS service stands, the local route stands
          probe     HTTP 200 in 4 ms through 10.103.97.2:6443
          MASTER         STATE    WANTED  LIVE  SINCE                 LAST SEEN
          10.0.0.1:6443  up       1       1     2026-11-21T09:00:00Z  HTTP 200
          10.0.0.2:6443  up       1       1     2026-11-21T09:00:00Z  HTTP 200
          10.0.0.3:6443  down     -       -     2026-11-21T10:00:00Z  refused
          10.0.0.9:6443  foreign  -       3     -                     -
          changes   2026-11-21T10:00:00Z  10.0.0.3:6443  up -> down: refused
                    2026-11-21T09:00:00Z  10.0.0.3:6443  unknown -> up: HTTP 200
          fault     10.0.0.9:6443 is in the kernel's table and not wanted
          to do     ask again: the guardian mends it by itself; else see 'crictl ps -a
                    --name hakube-guardian' and 'journalctl -u kubelet' on the host

        1 of 2 workers in order

        """
}
