// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import HakubeTransport

@testable import HakubePlan

/// A folder that stands for a master's root, in which a drill's scripts are run by a real shell. systemd's programs write down
/// what they were told.
final class DrillRoot {
    let root: URL
    let target: HakubeModel.Host
    let address: String

    /// - Parameter address: the master's; none: one of RFC 2544's, which no other test that runs beside this one has.
    init(address: String? = nil) throws {
        let address = address ?? "198.18.\(UInt8.random(in: 0...255)).\(UInt8.random(in: 1...254))"
        self.address = address
        target = try SampleCluster.spec(masters: [address]).masters[0]
        root = FileManager.default.temporaryDirectory.appending(path: "hakube-drill-\(UUID().uuidString)")
        for folder in ["etc/kubernetes/manifests", "etc/tmpfiles.d", "run", "bin"] {
            try FileManager.default.createDirectory(
                at: root.appending(path: folder), withIntermediateDirectories: true)
        }
        for name in ["systemctl", "systemd-run"] {
            try place("#!/bin/sh\necho \"\(name) $*\" >> \(path)/told\n", at: "bin/\(name)", mode: 0o755)
        }
        try place("", at: "told")
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    var path: String { root.path().hasSuffix("/") ? String(root.path().dropLast()) : root.path() }

    func place(_ text: String, at name: String, mode: Int = 0o644) throws {
        let file = root.appending(path: name)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path())
    }

    func text(of name: String) -> String? { try? String(contentsOf: root.appending(path: name), encoding: .utf8) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: root.appending(path: name).path()) }

    /// What systemd's programs were told, a line each.
    var told: [String] { (text(of: "told") ?? "").split(separator: "\n").map(String.init) }

    /// Every file below etc and run, with its contents.
    func everything() async throws -> String {
        let script = Script("cd \(path) && find etc run -type f -exec sha256sum {} + | sort; find etc run | sort")
        return try await LocalProgram.aside { try LocalShell.run(script).out }
    }

    /// A script's text with this folder in the root's place.
    func here(_ script: Script) -> String {
        var text = script.text.replacing("PATH=/usr/local/sbin", with: "PATH=\(path)/bin:/usr/local/sbin")
        for folder in ["/etc/kubernetes", "/etc/tmpfiles.d", "/run/hakube-drill"] {
            text = text.replacing(folder, with: path + folder)
        }
        return text
    }

    /// Runs a script that takes its orders from standard input, as a transport does.
    ///
    /// - Returns: the lines it printed, without the times at their ends.
    func run(_ script: Script, _ orders: String = "") async throws -> [String] { try await run(here(script), orders) }

    func run(_ text: String, _ orders: String) async throws -> [String] {
        let printed = try await LocalProgram.aside {
            try LocalProgram.outcome(["/bin/sh", "-c", "set -eu; eval \"$1\"", "sh", text], input: orders).printed
        }
        return printed.split(separator: "\n").map(Self.withoutTime)
    }

    static func withoutTime(_ line: Substring) -> String {
        let words = line.split(separator: " ")
        // Nanoseconds since 1970 have nineteen digits.
        guard let last = words.last, last.count == 19, Int64(last) != nil else { return String(line) }
        return words.dropLast().joined(separator: " ")
    }
}
