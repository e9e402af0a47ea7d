// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import Testing

@testable import HakubeBundle

/// A bundle file taken apart, to be put together wrongly: with every digest right that is not asked to be wrong.
struct BundleParts {
    struct Entry {
        /// What the manifest says of it.
        var listed: [String: Any]
        var header: TarHeader
        var content: [UInt8]
        /// What stands in the frame, where it is not header, content and padding.
        var plain: [UInt8]?
        /// What stands in the file, where it is not the frame compressed.
        var frame: [UInt8]?
        /// Whether the manifest is to say what the frame is.
        var isListedRight = true

        var bytes: [UInt8] {
            plain ?? header.block + content + [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
        }
    }

    var manifest: [String: Any]
    var entries: [Entry]
    var signature: [UInt8]
    var compression: BundleCompression
    /// Changes the text of the manifest when all is in it.
    var edit: (String) -> String = { $0 }
    /// Changes the entry of the manifest, header included.
    var editHead: ([UInt8]) -> [UInt8] = { $0 }

    /// - Throws: where the file is no sound bundle.
    init(_ path: String) throws {
        let (file, head) = try BundleReader(path).open()
        let json = try JSONSerialization.jsonObject(with: Data(head.text))
        manifest = try #require(json as? [String: Any])
        signature = head.signature
        compression = file.compression
        let listed = try #require(manifest["files"] as? [[String: Any]])
        entries = try zip(listed, head.frames).map { listed, frame in
            var content: [UInt8] = []
            try frame.entry(of: file).read { content += $0 }
            let header = TarHeader(path: frame.file.path, mode: frame.file.mode, size: frame.file.size)
            return Entry(listed: listed, header: header, content: content)
        }
    }

    func bytes() throws -> [UInt8] {
        var manifest = manifest
        var data: [UInt8] = []
        manifest["files"] = try entries.map { entry in
            let frame = try entry.frame ?? FrameOutput.bytes(entry.bytes, compression)
            data += frame
            guard entry.isListedRight else { return entry.listed }
            var listed = entry.listed
            listed["stored"] = frame.count
            listed["storedSha256"] = Digest.hex(of: frame)
            return listed
        }
        let json = try JSONSerialization.data(
            withJSONObject: manifest, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
        let text = [UInt8](edit(String(decoding: json, as: UTF8.self)).utf8)
        let first = TarHeader(path: BundleManifest.entryName, mode: 0o644, size: text.count)
        let second = TarHeader(path: BundleHead.signatureName, mode: 0o644, size: signature.count)
        func padded(_ bytes: [UInt8]) -> [UInt8] {
            bytes + [UInt8](repeating: 0, count: TarHeader.padding(after: bytes.count))
        }
        let head =
            try FrameOutput.bytes(editHead(first.block + padded(text)), compression)
            + FrameOutput.bytes(second.block + padded(signature), compression)
        return head + data + Seal.end(head: head, compression)
    }

    func index(of path: String) throws -> Int {
        try #require(entries.firstIndex { $0.header.path == path })
    }

    /// Changes one entry.
    mutating func change(_ path: String, _ change: (inout Entry) -> Void) throws {
        change(&entries[try index(of: path)])
    }

    /// Gives a file another content, told truly by the manifest.
    mutating func replace(_ path: String, by content: [UInt8]) throws {
        try change(path) { entry in
            entry.content = content
            entry.header = TarHeader(path: path, mode: entry.header.mode, size: content.count)
            entry.listed["size"] = content.count
            entry.listed["sha256"] = Digest.hex(of: content)
        }
    }
}
