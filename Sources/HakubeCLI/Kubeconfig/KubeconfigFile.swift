// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeEngine
import HakubeModel

/// A kubeconfig file that the user names; mode 0600, and never half written.
struct KubeconfigFile {
    let flag: String
    /// Where the file really is: a link stays a link.
    private let url: URL

    init(_ path: String, flag: String) {
        self.flag = flag
        url = URL(filePath: (path as NSString).expandingTildeInPath).resolvingSymlinksInPath()
    }

    var path: String { url.path(percentEncoded: false) }
    private var isThere: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: `InventoryError` for a file that is there without `force`, or cannot be written.
    func write(_ text: String, force: Bool) throws {
        let file = PrivateFile(url: url)
        let data = Data(text.utf8)
        if file.holds(data) { return }
        guard force || !isThere else {
            throw refused("is there already", "name another file, or add --force to replace it")
        }
        try keep(file, data)
    }

    /// Puts the cluster's entries in; what stood there before is kept beside it.
    ///
    /// - Returns: the name of the backup; `nil` when there was no file, or nothing changed.
    /// - Throws: `InventoryError`.
    func merge(_ kubeconfig: Kubeconfig, as name: String, force: Bool) throws -> String? {
        let before = isThere ? try text() : nil
        let after: String
        do { after = try kubeconfig.merged(into: before, as: name, force: force) } catch let error as KubeconfigError {
            throw refused("cannot take the cluster's entries: \(error.message)", error.remedy)
        }
        guard let before else {
            try keep(PrivateFile(url: url), Data(after.utf8))
            return nil
        }
        guard before != after else { return nil }
        let backup = url.appendingPathExtension("before-hakube")
        try keep(PrivateFile(url: backup), Data(before.utf8))
        try keep(PrivateFile(url: url), Data(after.utf8))
        return backup.path(percentEncoded: false)
    }

    private func text() throws -> String {
        guard let data = try? Data(contentsOf: url), let text = String(validating: data, as: UTF8.self) else {
            throw refused("cannot be read as UTF-8 text", "check the path")
        }
        return text
    }

    private func keep(_ file: PrivateFile, _ data: Data) throws {
        do { try file.write(data) } catch {
            throw refused("cannot be written: \(error)", "check folder and permissions")
        }
    }

    private func refused(_ message: String, _ remedy: String) -> InventoryError {
        InventoryError(problems: [Problem(place: "\(flag) \(path)", message: "the file \(message)", remedy: remedy)])
    }
}
