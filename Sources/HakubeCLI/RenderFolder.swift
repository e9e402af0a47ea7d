// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// The folder that `hakube render` writes to. A list in it says what render wrote, so that the next run takes away what it will
/// not write again, and nothing else.
struct RenderFolder {
    struct File {
        /// Below the folder: `10.0.0.1/etc/hosts`.
        let path: String
        let text: String
        let mode: Int
    }

    static let list = ".hakube-render"
    private static let heading = "# Files that 'hakube render' wrote here. It removes them before it writes again.\n"

    private let root: String
    /// What the last run wrote.
    private let old: Set<String>

    /// - Throws: a sentence for a file, and for a folder with files of somebody else's.
    init(_ path: String) throws(InventoryError) {
        root = path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            old = []
            return
        }
        guard isFolder.boolValue else { throw Self.refused(path, "this is a file", "name a folder") }
        if let text = try? String(contentsOfFile: "\(path)/\(Self.list)", encoding: .utf8) {
            old = Set(text.split(whereSeparator: \.isNewline).map(String.init).filter { !$0.hasPrefix("#") })
            return
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            throw Self.refused(path, "the folder cannot be read", "check its permissions")
        }
        guard names.isEmpty else {
            throw Self.refused(
                path, "there are files in it, and no \(Self.list) that says render wrote them",
                "name an empty folder, or one that is not there yet")
        }
        old = []
    }

    /// Takes away what the last run wrote, then writes.
    ///
    /// - Throws: a sentence, before anything is touched if a file is in the way.
    func write(_ files: [File]) throws(InventoryError) {
        for file in files {
            switch standing(file.path) {
            case .absent: continue
            case .file where old.contains(file.path): continue
            default:
                throw Self.refused(
                    root, "\(file.path) is there already, and render has not written it", "name another folder")
            }
        }
        do {
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            for path in old { try remove(path) }
            // Before the files, so that those of a run that is cut short are known as well.
            let list = Self.heading + files.map { "\($0.path)\n" }.sorted().joined()
            try Data(list.utf8).write(to: URL(filePath: "\(root)/\(Self.list)"), options: .atomic)
            for file in files {
                let url = URL(filePath: "\(root)/\(file.path)")
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(file.text.utf8).write(to: url, options: .atomic)
                try FileManager.default.setAttributes([.posixPermissions: file.mode], ofItemAtPath: url.path())
            }
        } catch {
            throw Self.refused(
                root, "the files cannot be written there", "check the path, its permissions and its disk")
        }
    }

    private enum Standing { case absent, file, other }

    /// What is at a path; anything behind a link is somebody else's.
    private func standing(_ path: String) -> Standing {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !names.contains(where: { ["", ".", ".."].contains($0) }) else { return .other }
        var place = root
        for (index, name) in names.enumerated() {
            place += "/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: place)
            guard let kind = attributes?[.type] as? FileAttributeType else { return .absent }
            let isLast = index == names.count - 1
            guard kind == (isLast ? .typeRegular : .typeDirectory) else { return .other }
        }
        return .file
    }

    /// Removes a file, and the folders that are empty without it.
    private func remove(_ path: String) throws {
        guard standing(path) == .file else { return }
        try FileManager.default.removeItem(atPath: "\(root)/\(path)")
        var names = path.split(separator: "/").dropLast()
        while !names.isEmpty, rmdir("\(root)/\(names.joined(separator: "/"))") == 0 { names = names.dropLast() }
    }

    private static func refused(_ path: String, _ message: String, _ remedy: String) -> InventoryError {
        InventoryError(problems: [Problem(place: "--output \(path)", message: message, remedy: remedy)])
    }
}
