// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import Foundation
import HakubeLint
import HakubeModel

/// `hakube lint`: faults in the hand-made files of a cluster. Connects to nothing.
struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Find faults in kubeadm, haproxy, keepalived, kube-vip, RKE and hosts files.",
        discussion: """
            All files of one command are one cluster, and are held against each other: give every host's. A file is known by its \
            content: kubeadm YAML and other manifests, haproxy.cfg, keepalived.conf, hosts files, guardian.json, RKE's \
            cluster.yml, kubelets' kubeconfigs and certificates, shell scripts and histories. A name such as 10.0.0.2/etc/hosts \
            or hosts.master2 says which host a file is of.

            Ends with 4 when there is an error, with 0 when there are only warnings or nothing.
            """)

    @Option(help: ArgumentHelp("Hold the files against this release, not the one they name.", valueName: "vX.Y"))
    var kubernetes: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "A file whose kind its content does not tell: \(FileKind.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "kind=file"))
    var named: [String] = []

    @Option(help: "text, or json: one object a line.")
    var output = OutputOptions.Format.text

    @Argument(help: "Files of one cluster; - is standard input.")
    var files: [String] = []

    func validate() throws {
        guard !files.isEmpty || !named.isEmpty else { throw ValidationError("Name one file or more.") }
    }

    func run() throws {
        var problems: [Problem] = []
        let release = kubernetes.flatMap { KubernetesVersion($0) }
        if let kubernetes, release == nil {
            problems.append(
                Problem(
                    place: "--kubernetes", message: "`\(kubernetes)` is no release of Kubernetes",
                    remedy: "write it as v1.34 or v1.34.2"))
        }
        var texts: [LintFile] = []
        for (path, kind) in paths(&problems) {
            do throws(GivenText.Fault) {
                let given = try GivenText(path)
                texts.append(LintFile(name: given.name, text: given.text, kind: kind))
            } catch {
                problems.append(error.problem)
            }
        }
        guard problems.isEmpty else { throw InventoryError(problems: problems) }
        let findings = Linter(release: release).findings(in: texts)
        switch output {
        case .text: print(LintText(findings: findings, files: texts.count).lines.joined(separator: "\n"))
        case .json: for finding in findings { print(try LintDocument(finding).text) }
        }
        if findings.contains(where: { $0.severity == .error }) { throw RunEnded(family: .preflight) }
    }

    /// Every file once, in the order of the command line; what `--as` names comes last.
    private func paths(_ problems: inout [Problem]) -> [(String, FileKind?)] {
        var kinds: [String: FileKind] = [:]
        var order = files
        for item in named {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let kind = FileKind(rawValue: parts[0]) else {
                problems.append(
                    Problem(
                        place: "--as", message: "`\(item)` is not KIND=FILE",
                        remedy: "choose the kind from \(FileKind.allCases.map(\.rawValue).joined(separator: ", "))"))
                continue
            }
            kinds[parts[1]] = kind
            order.append(parts[1])
        }
        var seen: Set<String> = []
        // What render keeps beside its files is no configuration.
        let isOwnList = { (path: String) in path.split(separator: "/").last.map(String.init) == RenderFolder.list }
        return order.filter { seen.insert($0).inserted && !isOwnList($0) }.map { ($0, kinds[$0]) }
    }
}
