// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel
import HakubeTestSupport
import HakubeTransport

@testable import HakubeCLI

/// Three masters, two workers, and what the guardians there say.
struct GuardianFixture {
    static let one = HostID("10.0.1.1")
    static let two = HostID("10.0.1.2")

    let spec: ClusterSpec

    init() throws {
        spec = try SampleCluster.spec(
            masters: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], nodes: ["10.0.1.1", "10.0.1.2"])
    }

    /// The worker's status, all well, with parts of its text replaced.
    static func said(_ changes: (String, String)...) -> String {
        changes.reduce(calm) { text, change in text.replacing(change.0, with: change.1) }
    }

    /// What is found on the first worker when its program prints this.
    func finding(_ text: String, status: Int = 0) -> GuardianFinding? {
        let answer = GuardianAnswer(ScriptOutput(status: status, out: text))
        return GuardianInspection(spec: spec).findings([Self.one: answer]).first
    }

    /// `message; remedy` of each problem found.
    func problems(_ text: String) -> [String] {
        (finding(text)?.problems ?? []).map { "\($0.message); \($0.remedy)" }
    }

    static let calm = """
        {"running":true,"version":"v0.1.0","backend":"ipvs","reason":"the kernel has IPVS","virtual":"10.103.97.2:6443",\
        "pid":1,"started":"2026-11-21T09:00:00Z","failOpen":false,"suspectsItself":false,"verifying":true,"problem":null,\
        "real":[\
        {"address":"10.0.0.1:6443","state":"up","weight":1,"since":"2026-11-21T09:00:00Z","detail":"HTTP 200"},\
        {"address":"10.0.0.2:6443","state":"up","weight":1,"since":"2026-11-21T09:00:00Z","detail":"HTTP 200"},\
        {"address":"10.0.0.3:6443","state":"down","weight":null,"since":"2026-11-21T10:00:00Z","detail":"refused"}],\
        "transitions":[\
        {"time":"2026-11-21T09:00:00Z","server":"10.0.0.3:6443","from":"unknown","to":"up","reason":"HTTP 200"},\
        {"time":"2026-11-21T10:00:00Z","server":"10.0.0.3:6443","from":"up","to":"down","reason":"refused"}],\
        "live":{"service":true,"destinations":[{"address":"10.0.0.1:6443","weight":1},\
        {"address":"10.0.0.2:6443","weight":1}],"route":true},"deviations":[],\
        "probe":{"ok":true,"status":200,"milliseconds":4,"detail":"HTTP 200"},\
        "configuration":{"path":"/etc/hakube/guardian.json","problem":null}}

        """
}
