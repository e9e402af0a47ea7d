// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto

/// What the rules need to know of a file's content, found while its bytes pass by once.
struct Content: Sendable {
    let size: Int
    /// Lower-case hex.
    let sha256: String
    /// The first bytes, enough for an ELF header.
    let head: [UInt8]
    /// The whole text of what the rules read: image documents and manifests; `nil` for all else.
    let document: [UInt8]?
}

/// Takes the bytes of one file and gives its `Content`.
struct ContentScan {
    private static let headSize = 20
    /// Far above any image manifest or CNI manifest seen (tigera-operator.yaml, the largest, has 1.5 MB).
    private static let documentLimit = 4 << 20

    private let path: String
    private var digest = SHA256()
    private var size = 0
    private var head: [UInt8] = []
    private var document: [UInt8]?

    init(path: String) {
        self.path = path
        let isText = path.hasPrefix("manifests/") || path.hasPrefix(ImageLayout.folder)
        document = isText ? [] : nil
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        digest.update(bufferPointer: bytes)
        size += bytes.count
        if head.count < Self.headSize { head += bytes.prefix(Self.headSize - head.count) }
        guard document != nil else { return }
        // Layers lie among the JSON documents of an OCI layout, all named by digest.
        let isLayer = path.hasPrefix(ImageLayout.blobs) && head.first != UInt8(ascii: "{")
        if isLayer || size > Self.documentLimit { document = nil } else { document? += bytes }
    }

    func finish() -> Content {
        Content(size: size, sha256: Digest.hex(digest.finalize()), head: head, document: document)
    }
}
