// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeLint
import HakubeModel

/// Files to lint in tests, and findings in short.
enum LintFixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// Every file below a folder of fixtures, named relative to it, in order.
    static func files(below folder: URL, where isWanted: (String) -> Bool = { _ in true }) throws -> [LintFile] {
        let root = folder.path(percentEncoded: false)
        var names: [String] = []
        let walk = FileManager.default.enumerator(atPath: root)
        while let name = walk?.nextObject() as? String {
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
            if exists, !isFolder.boolValue, isWanted(name) { names.append(name) }
        }
        return try names.sorted().map {
            LintFile(name: $0, text: try String(contentsOfFile: "\(root)/\($0)", encoding: .utf8))
        }
    }

    /// `FILE:LINE SEVERITY RULE` of every finding.
    static func lint(_ files: [LintFile], release: String? = nil) -> [String] {
        Linter(release: release.flatMap { KubernetesVersion($0) }).findings(in: files).map(\.short)
    }

    /// Files by name, in the order of their names.
    static func lint(_ files: [String: String], release: String? = nil) -> [String] {
        lint(files.sorted { $0.key < $1.key }.map { LintFile(name: $0.key, text: $0.value) }, release: release)
    }
}

extension Finding {
    var short: String { "\(file):\(line) \(severity.rawValue) \(rule.rawValue)" }
}
