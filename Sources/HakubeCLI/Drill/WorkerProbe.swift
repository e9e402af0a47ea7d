// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubePlan
import HakubeTransport

/// The probe on a worker, which asks what the worker's kubelet asks: name, port and credentials are those of its kubeconfig.
enum WorkerProbe {
    /// Measures until its input ends.
    ///
    /// - Parameters:
    ///   - path: what each new connection asks.
    ///   - certificate: SHA-256 of the server's certificate on which the watch shall stand.
    ///   - limit: seconds after which it ends by itself.
    static func measuring(path: String, certificate: String?, limit: Int) -> Script {
        let through = certificate.map { " --through \($0)" } ?? ""
        return Script(
            "exec \(command) --path \(path) --limit \(limit)\(through)", timeout: .seconds(30))
    }

    /// Says what would be asked, or why nothing can be.
    static let check = Script("exec \(command) --check </dev/null", timeout: .seconds(30))

    private static let command = "\(HostFiles.guardian) probe --kubeconfig \(HostFiles.kubeletKubeconfig)"

    /// What came of the check: what would be asked, or why nothing can be.
    static func reading(_ output: ScriptOutput) -> Result<ProbeBegin, Unfit> {
        for line in output.out.split(separator: "\n") {
            if case .begin(let begin) = ProbeLine(String(line)) { return .success(begin) }
        }
        if [126, 127].contains(output.status) {
            return .failure(Unfit(reason: "it has no \(HostFiles.guardian), which measures"))
        }
        let line = output.err.split(whereSeparator: \.isNewline).last.map { TerminalText.printable(String($0)) } ?? ""
        if output.status == 2, line.contains("\"probe\" is not expected") {
            return .failure(Unfit(reason: "its \(HostFiles.guardian) is older than this hakube, and cannot measure"))
        }
        return .failure(Unfit(reason: line.isEmpty ? "its probe ended with \(output.status)" : line))
    }

    /// Why a worker cannot measure.
    struct Unfit: Error, Hashable { let reason: String }
}
