// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import HakubeTransport

@testable import HakubePlan

/// A folder that stands for a host's root, in which the receipt's scripts are run by a real shell.
final class ReceiptRoot {
    let root: URL
    let receipt: ReceiptFiles
    let host: HakubeModel.Host

    init() throws {
        let spec = try SampleCluster.spec(masters: ["10.0.0.1"])
        host = spec.masters[0]
        receipt = ReceiptFiles(spec: spec)
        root = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)")
        for folder in ["etc/systemd/system", "var/lib", "usr/local/bin", "opt", "root", "run"] {
            let path = root.appending(path: folder)
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func place(_ text: String, at path: String, mode: Int = 0o644) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path())
    }

    func text(of path: String) -> String? { try? String(contentsOf: root.appending(path: path), encoding: .utf8) }

    func exists(_ path: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: root.appending(path: path).path())) != nil
    }

    /// Every name below the root with kind, mode, times and contents, apart from hakube's own folder.
    func everything(times: Bool = true) throws -> String {
        let script = Script(
            """
            cd \(root.path())
            find . -path ./var/lib/hakube -prune -o ! -type d -printf '%P %y %m \(times ? "%T@ " : "")%l\\n' | sort
            find . -path ./var/lib/hakube -prune -o -type d -printf '%P %m\\n' | sort
            find . -path ./var/lib/hakube -prune -o -type f -exec sha256sum {} + | sort
            """)
        return try LocalShell.run(script).out
    }

    /// Its probe, then, where that says no, its act; returns whether it acted. systemd knows no unit here.
    @discardableResult
    func perform(_ step: Step) throws -> Bool {
        if let unless = step.unless, try run(unless).status == 0 { return false }
        guard case .run(let script) = step.action else { return false }
        let output = try run(script)
        guard output.status == 0 else { throw Failed(output: output) }
        return true
    }

    struct Failed: Error { let output: ScriptOutput }

    func step(_ id: String) throws -> Step {
        let steps = try [receipt.recording(host), receipt.puttingAside(host)] + receipt.givingBack(host).dropFirst()
        guard let step = steps.first(where: { $0.id == id }) else { throw Missing(id: id) }
        return step
    }

    private struct Missing: Error { let id: String }

    func run(_ script: Script) throws -> ScriptOutput {
        let top = root.path().hasSuffix("/") ? String(root.path().dropLast()) : root.path()
        var text = script.text
        for folder in ["etc", "var", "usr/local", "usr/libexec", "opt", "root", "run"] {
            for before in [" ", "\n", "=", "\"", "'", "("] {
                text = text.replacing("\(before)/\(folder)/", with: "\(before)\(top)/\(folder)/")
            }
        }
        text = text.replacing("export LC_ALL=C PATH=\(top)/usr/local", with: "export LC_ALL=C PATH=/usr/local")
        let systemd =
            "systemctl() { case $1 in show) printf 'ActiveState=inactive\\nLoadState=not-found\\nUnitFileState=\\n' ;; esac; }\n"
        return try LocalShell.run(Script("set -eu\n\(systemd)\(text)"))
    }
}
