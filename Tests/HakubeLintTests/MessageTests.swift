// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeLint
import Testing

/// What findings say, and what they must never say.
@Suite struct MessageTests {
    private func findings(_ files: [String: String]) -> [Finding] {
        Linter().findings(in: files.sorted { $0.key < $1.key }.map { LintFile(name: $0.key, text: $0.value) })
    }

    private static let secret = "abcdef.0123456789geheim"
    /// A file, and the rule that fires close to the secret in it.
    private static let tellers: [(rule: Rule, name: String, text: String)] = [
        (.kubeadmFlagsMixed, "a.sh", "kubeadm join --config a.yaml --token=\(secret) --certificate-key=\(secret)\n"),
        (.kubeadmFlagsMixed, "a.sh", "kubeadm join --config a.yaml --token \(secret)\n"),
        (.sansLackEndpoint, "a.sh", "kubeadm join --token \(secret) api.example.org:6443\n"),
        (.passwordInCommand, "a.sh", "sshpass -p\(secret) ssh master2\n"),
        (.passwordInCommand, "a.sh", "echo \(secret) | passwd --stdin\n"),
        (.hostsLineBroken, "etc/hosts", "10.0.0.1 master1\n\(secret)\npassword \(secret)\n"),
        (
            .rkePassword, "cluster.yml",
            RuleCase.rke + "private_registries:\n  - url: https://bob:\(secret)@example.org\n    password: \(secret)\n"
        ),
        (
            .vrrpPasswordLong, "keepalived.conf",
            RuleCase.floating.replacing(
                "    priority 100", with: "    priority 100\n    authentication { auth_pass \(secret) }")
        ),
        (.yamlBroken, "a.yaml", "apiVersion: v1\nkind: Secret\ndata: {password: \(secret)\n"),
        (.kubeadmWrongForm, "a.yaml", RuleCase.first + "bootstrapTokens: \(secret)\n"),
        (.fileNotRecognised, "a.txt", "\(secret)\n"),
    ]

    @Test(arguments: tellers.indices)
    func `no finding tells a secret`(index: Int) {
        let teller = Self.tellers[index]
        let found = findings([teller.name: teller.text, "c.yaml": RuleCase.cluster])
        #expect(found.contains { $0.rule == teller.rule }, "\(found)")
        for finding in found {
            #expect(!"\(finding.message) \(finding.remedy)".contains("geheim"), "\(finding)")
        }
    }

    @Test func `a private key is known, and nothing of it is told`() {
        let text = "-----BEGIN EC PRIVATE KEY-----\n\(Self.secret)\n-----END EC PRIVATE KEY-----\n"
        #expect(findings(["ca.key": text]) == [])
        #expect(findings(["ca.key": text.replacing("PRIVATE ", with: "")]).map(\.rule) == [.fileNotRecognised])
    }

    @Test func `another master is one of another file`() throws {
        let cluster = RuleCase.cluster.replacing("controlPlaneEndpoint: apiserver.cluster.local:6443\n", with: "")
        let own = RuleCase.first + "---\n" + cluster
        let found = findings(["a.yaml": RuleCase.joining("master2", "10.0.0.2"), "b.yaml": own])
        #expect(found.map(\.rule) == [.endpointMissing])
        let message = try #require(found.first).message
        #expect(message.contains("10.0.0.2 is to be another master (a.yaml:5)"), "\(message)")
    }
}
