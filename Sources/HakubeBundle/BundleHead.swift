// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import HakubeModel

/// The first two frames of a bundle file: its manifest and the manifest's signature.
struct BundleHead: Sendable {
    /// Name of the second entry of the archive; empty where nobody signed the bundle.
    static let signatureName = "hakube-bundle.sig"
    /// An armored signature has some 300 bytes.
    static let maximumSignature = 16 << 10

    let manifest: BundleManifest
    /// The manifest as it stands in the file; this is what a signature is about.
    let text: [UInt8]
    /// Armored as `ssh-keygen -Y sign` writes it; empty where there is none.
    let signature: [UInt8]
    /// Where the frames of the files begin.
    let dataStart: Int

    /// Reads both, and proves by the seal that their stored bytes are as they were packed.
    /// - Throws: `BundleError`.
    init(_ file: BundleFile) throws {
        do { try self.init(reading: file) } catch let damage as FrameInput.Damage {
            guard Seal.isEnd(try Self.tail(of: file), file.compression) else { throw Self.cut(file) }
            throw BundleError(
                file.path, "the file is damaged in its first entries (\(damage.reason))", Remedy.again)
        } catch let fault as TarInput.Fault {
            throw BundleError("\(file.path): \(BundleManifest.entryName)", fault.message, Remedy.again)
        }
    }

    private init(reading file: BundleFile) throws {
        text = try Self.manifestText(file)
        manifest = try ManifestRules.decode(text, bundle: file.path)
        let end = file.size - Seal.endSize(file.compression)
        let dataStart = end - manifest.files.reduce(0) { $0 + $1.stored }
        let tail = try Self.tail(of: file)
        guard dataStart > 0, Seal.isEnd(tail, file.compression) else { throw Self.cut(file) }
        guard dataStart <= ManifestRules.maximumSize + Self.maximumSignature else {
            throw BundleError(
                file.path, "the files listed take \(dataStart) bytes less than the file holds", Remedy.again)
        }
        self.dataStart = dataStart
        var tar = TarInput(try FrameInput(file, 0..<dataStart, block: 1 << 16))
        signature = try Self.signature(&tar, behind: text)
        guard Seal.end(head: try file.bytes(0..<dataStart), file.compression) == tail else {
            throw BundleError(
                file.path, "a byte of its head is not as it was packed; its seal tells another sha256", Remedy.again)
        }
    }

    private static func tail(of file: BundleFile) throws(BundleError) -> [UInt8] {
        try file.bytes(max(0, file.size - Seal.endSize(file.compression))..<file.size)
    }

    private static func cut(_ file: BundleFile) -> BundleError {
        BundleError(
            file.path,
            "its end is not a bundle's: the file is cut short, something follows it, or another program compressed it anew",
            Remedy.again)
    }

    /// The stored form of a head: two frames.
    static func stored(text: [UInt8], signature: [UInt8], _ compression: BundleCompression) throws -> [UInt8] {
        try FrameOutput.bytes(entry(BundleManifest.entryName, text), compression)
            + FrameOutput.bytes(entry(signatureName, signature), compression)
    }

    private static func entry(_ path: String, _ content: [UInt8]) -> [UInt8] {
        TarHeader(path: path, mode: 0o644, size: content.count).block + content
            + [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
    }

    private static func manifestText(_ file: BundleFile) throws -> [UInt8] {
        let isNone = "is not a bundle: it is neither a tar archive nor one compressed by zstd or gzip"
        guard file.size >= TarHeader.byteCount || file.compression != .none else {
            throw BundleError(file.path, isNone, Remedy.name)
        }
        var tar = TarInput(try FrameInput(file, 0..<file.size, block: 1 << 16))
        let (header, block) = try tar.header(orThrow: BundleError(file.path, isNone, Remedy.name))
        guard header.path == BundleManifest.entryName else {
            throw BundleError(
                file.path, "is not a bundle: its first entry is \(header.path), not \(BundleManifest.entryName)",
                Remedy.name)
        }
        guard header.size <= ManifestRules.maximumSize, block == header.canonical(mode: 0o644) else {
            throw BundleError(
                "\(file.path): \(header.path)", "the manifest's entry is not as hakube writes it", Remedy.repack)
        }
        return try tar.bytes(header.size)
    }

    private static func signature(_ tar: inout TarInput, behind text: [UInt8]) throws -> [UInt8] {
        guard try tar.bytes(TarHeader.entrySize(text.count)) == entry(BundleManifest.entryName, text) else {
            throw TarInput.Fault("the manifest's entry is not as hakube writes it")
        }
        let (header, block) = try tar.header()
        guard header.path == signatureName, header.size <= maximumSignature, block == header.canonical(mode: 0o644)
        else { throw TarInput.Fault("the entry behind it is not the signature's, as hakube writes it") }
        var signature: [UInt8] = []
        try tar.content(header.size) { signature += $0 }
        try tar.finish()
        return signature
    }
}

extension TarInput {
    /// The first header of a file that may be anything.
    fileprivate mutating func header(orThrow error: BundleError) throws -> (header: TarHeader, block: [UInt8]) {
        do { return try header() } catch is Fault { throw error }
    }
}

extension TarHeader {
    /// The block that a packer writes for this path and size.
    func canonical(mode: Int) -> [UInt8] { TarHeader(path: path, mode: mode, size: size).block }
}
