// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A folder of one's own where programs that are asked lie as copies that can be run: whether a file of the bundle's
/// folder has its x bit must not show in the bundle.
final class ProgramBench {
    private let folder: URL
    private var copies: [String: String] = [:]

    init() {
        folder = FileManager.default.temporaryDirectory.appending(path: "hakube-ask-\(UUID().uuidString)")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Standard output; `nil` where the program cannot be run, fails, or does not end in time.
    func output(of program: String, _ arguments: [String]) -> String? {
        guard let copy = copies[program] ?? self.copy(program) else { return nil }
        copies[program] = copy
        return ProgramQuestion.output(of: copy, arguments)
    }

    private func copy(_ program: String) -> String? {
        let files = FileManager.default
        // Two programs of one name are of two architectures, and one of them is asked.
        let target = folder.appending(path: URL(filePath: program).lastPathComponent).path
        do {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try files.copyItem(atPath: program, toPath: target)
            try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: target)
            return target
        } catch { return nil }
    }
}
