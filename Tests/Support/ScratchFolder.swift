// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation

/// A folder under the system's temporary one, gone with the value that holds it. Names are relative to it.
package final class ScratchFolder: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "hakube-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func place(_ name: String) -> String { "\(path)/\(name)" }

    package func write(_ bytes: [UInt8], to name: String) throws {
        let file = URL(filePath: place(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    package func write(_ text: String, to name: String) throws { try write([UInt8](text.utf8), to: name) }

    package func bytes(of name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: place(name)))) }

    package func text(of name: String) -> String? { try? String(contentsOfFile: place(name), encoding: .utf8) }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: place(name)) }

    package func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: place(name)) }

    /// Every file below, sorted.
    package var files: [String] {
        let walk = FileManager.default.enumerator(atPath: path)
        var found: [String] = []
        while let name = walk?.nextObject() as? String {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: place(name), isDirectory: &isFolder), !isFolder.boolValue {
                found.append(name)
            }
        }
        return found.sorted()
    }
}
