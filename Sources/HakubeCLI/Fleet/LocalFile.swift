// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Foundation
import Glibc
import HakubeModel
import HakubeTransport

/// A file of the operator's machine on its way to hosts. Its bytes are read anew for each host and never held whole.
struct LocalFile: ByteSource, Hashable {
    private static let blockSize = 1 << 18

    let path: String
    /// Permission bits.
    let mode: Int
    let byteCount: Int
    /// SHA-256 in hex.
    let digest: String

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Reads the file once, to know its digest.
    ///
    /// - Throws: `InventoryError` for what is no file, or cannot be read.
    init(_ path: String) throws {
        func refused(_ message: String, _ remedy: String) -> InventoryError {
            InventoryError(problems: [Problem(place: path, message: message, remedy: remedy)])
        }
        // The attributes of a link are its own; those of what it names are wanted.
        let target = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else {
            throw refused("there is no such file", "name a file of this machine")
        }
        let kind = attributes[.type] as? FileAttributeType
        if kind == .typeDirectory {
            throw refused("this is a folder, and copy takes files", "pack it first: tar -cf FOLDER.tar FOLDER")
        }
        guard kind == .typeRegular else { throw refused("this is no plain file", "name a plain file") }
        self.path = path
        mode = (attributes[.posixPermissions] as? Int ?? 0o644) & 0o7777
        var hash = SHA256()
        var count = 0
        do {
            try Self.read(path) { bytes in
                hash.update(bufferPointer: bytes)
                count += bytes.count
            }
        } catch {
            throw refused("\(error)", "check its permissions")
        }
        byteCount = count
        digest = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws { try Self.read(path, into: consume) }

    private static func read(_ path: String, into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReadFailure(path: path, number: errno) }
        defer { close(descriptor) }
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 1)
        defer { block.deallocate() }
        while true {
            let count = Glibc.read(descriptor, block.baseAddress, block.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw ReadFailure(path: path, number: errno) }
            if count == 0 { return }
            try consume(UnsafeRawBufferPointer(rebasing: block[..<count]))
        }
    }

    private struct ReadFailure: Error, CustomStringConvertible {
        let path: String
        let number: Int32

        var description: String { "cannot be read: \(String(cString: strerror(number)))" }
    }
}
