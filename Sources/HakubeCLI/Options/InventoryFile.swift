// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel

/// The file behind `-f`.
enum InventoryFile {
    /// - Throws: a problem whose place is the path, if the file cannot be read or is no UTF-8 text.
    static func read(_ path: String) throws(InventoryError) -> Inventory {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw refused(path, "the inventory file cannot be read: \(reason(error))", "check the path after -f")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw refused(path, "the inventory file is no UTF-8 text", "save it as UTF-8")
        }
        var inventory = Inventory(yaml: text, file: path)
        let folder = URL(filePath: path).deletingLastPathComponent()
        for written in Set(inventory.registries.compactMap(\.ca?.value) + (inventory.etcd?.files ?? [])) {
            // What cannot be read is missing there, and the sentence about it has the line.
            inventory.files[written] = try? String(contentsOf: place(of: written, in: folder), encoding: .utf8)
        }
        for written in Set(inventory.registries.compactMap(\.passwordFile?.value)) {
            inventory.passwords[written] = PasswordFile.read(
                place(of: written, in: folder).path(percentEncoded: false))
        }
        return inventory
    }

    /// A path in an inventory starts at the inventory's own folder.
    private static func place(of path: String, in folder: URL) -> URL {
        if path.hasPrefix("~/") { return URL.homeDirectory.appending(path: path.dropFirst(2)) }
        return path.hasPrefix("/") ? URL(filePath: path) : folder.appending(path: path)
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile?, .fileReadNoSuchFile?: "no such file"
        case .fileReadNoPermission?: "permission denied"
        default: "it is a folder, or the disk failed"
        }
    }

    private static func refused(_ path: String, _ message: String, _ remedy: String) -> InventoryError {
        InventoryError(problems: [Problem(place: path, message: message, remedy: remedy)])
    }
}
