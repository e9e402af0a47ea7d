// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

@testable import HakubeEngine
import HakubeModel
import HakubePlan
import HakubeTestSupport
import HakubeTransport
import Testing

@Suite struct FailureAdviceTests {
    private let advice = FailureAdvice(
        reference: StepReference(phase: "p", host: HostID("10.0.0.1"), step: "s", title: "t"))

    private func failure(_ lines: [String], status: Int = 1) -> StepFailure {
        advice.failure(of: StepRunner.Answer(output: ScriptOutput(status: status), lastLines: lines))
    }

    @Test(arguments: [
        ("tar: bin/kubelet: Cannot write: No space left on device", "make room"),
        ("ctr: failed to copy: write /var/lib/containerd/data: no space left on device: unknown", "make room"),
        ("\t[ERROR Port-10250]: Port 10250 is in use", "stop what listens"),
        ("\t[ERROR FileAvailable--etc-kubernetes-kubelet.conf]: exists", "kubeadm reset"),
        ("sh: 3: conntrack: not found", "install what the line above names"),
        ("bash: line 3: conntrack: command not found", "install what the line above names"),
        ("ctr: image \"registry.k8s.io/pause:3.10\": not found", "mend what the lines above say"),
        ("error: a Node with name \"w\" and status \"Ready\" already exists in the cluster.", "kubectl delete node"),
        ("error: timed out waiting for the condition", "journalctl -u kubelet"),
    ])
    func `what a host says leads to what to try`(line: String, words: String) {
        #expect(failure(["before", line, "after"]).remedy.contains(words))
    }

    @Test func `the cause counts, not what follows from it`() {
        let lines = ["write: No space left on device", "error: timed out waiting for the condition"]
        #expect(failure(lines.reversed()).remedy.contains("make room"))
    }

    @Test func `an unknown failure still says what comes next`() {
        #expect(failure(["what?"]).remedy == "mend what the lines above say, then run the same command again")
    }

    @Test(arguments: [
        (1, "ended with status 1"), (127, "ended with status 127 (a program is missing)"),
        (137, "was killed (status 137; out of memory, most often)"), (143, "was ended by signal 15"),
    ])
    func `the end of a script is told in words`(status: Int, words: String) {
        #expect(failure([], status: status).message == words)
    }

    @Test func `the last fifteen lines go with a failure`() async throws {
        let said = (1...40).map { "line \($0)" }.joined(separator: "\n")
        let fixture = try PlanFixture(rules: [
            { _, script in script.text == "bad" ? ScriptOutput(status: 1, out: said) : nil }
        ])
        let failure = try #require(try await fixture.run([PlanFixture.step("bad")]).failures.first)
        #expect(failure.lastLines.count == 15)
        #expect(failure.lastLines.first == "line 26" && failure.lastLines.last == "line 40")
    }
}
