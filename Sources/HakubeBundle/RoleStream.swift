// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
package import HakubeModel
import HakubeTransport

extension BundleReader {
    /// What one host gets: a plain tar stream of the files of its role and architecture.
    ///
    /// - There is one architecture on a host, so `amd64/bin/kubelet` is `bin/kubelet` there.
    /// - images/index.json lists the images of that role and architecture only, so that `ctr images import` misses no blob.
    /// - SHA256SUMS comes last; a stage that has it was received whole, and `sha256sum -c` proves it.
    ///
    /// Each call of `read` decompresses what the host needs and skips the rest; it holds a few blocks in memory.
    package func source(for role: Role, on arch: Architecture, of manifest: BundleManifest) throws -> RoleStream {
        try RoleStream(bundle: self, manifest: manifest, role: role, arch: arch)
    }
}

/// The tar stream for the hosts of one role and architecture.
package struct RoleStream: ByteSource {
    /// Name of the list of digests, the last entry.
    package static let sumsName = "SHA256SUMS"

    /// Exact, from the manifest alone.
    package let byteCount: Int
    /// The content of SHA256SUMS: lines that `sha256sum -c` takes. A host whose copy equals it needs nothing sent.
    package let sums: String
    package let role: Role
    package let arch: Architecture

    let bundle: BundleReader
    let manifest: BundleManifest
    let index: [UInt8]

    init(bundle: BundleReader, manifest: BundleManifest, role: Role, arch: Architecture) throws {
        guard manifest.arches.contains(arch) else {
            throw BundleError(
                bundle.path, "the bundle is not for \(arch.rawValue)", "name one that is, with --bundle")
        }
        self.bundle = bundle
        self.manifest = manifest
        self.role = role
        self.arch = arch
        index = try Self.index(of: manifest.images(for: role, on: arch), arch: arch)
        let files = manifest.files(for: role, on: arch)
        let indexSum = Digest.hex(of: index)
        let lines = files.map { "\($0.path == ImageLayout.index ? indexSum : $0.sha256)  \($0.stagePath)\n" }
        sums = lines.joined()
        let sumsSize = sums.utf8.count
        let sizes = files.map { [index] in $0.path == ImageLayout.index ? index.count : $0.size } + [sumsSize]
        byteCount = sizes.map(TarHeader.entrySize).reduce(TarHeader.trailer.count, +)
    }

    /// - Throws: `BundleError` if the file is not what its manifest says (SHA256SUMS is not sent then), or what
    ///   `consume` throws.
    package func read(into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        try read(only: nil, into: consume)
    }

    /// - Parameter paths: the files that are sent; `nil`: all.
    func read(only paths: Set<String>?, into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        let (file, head) = try bundle.open()
        guard head.manifest == manifest else {
            throw BundleError(bundle.path, "the file was replaced since it was verified", "run the command again")
        }
        let wanted = Set(manifest.files(for: role, on: arch).map(\.path))
        for frame in head.frames where wanted.contains(frame.file.path) {
            let path = frame.file.stagePath
            if let paths, !paths.contains(path) { continue }
            guard path != ImageLayout.index else {
                try send(index, as: path, into: consume)
                continue
            }
            try TarHeader(path: path, mode: frame.file.mode, size: frame.file.size).block.withUnsafeBytes(consume)
            try frame.entry(of: file).read(consume)
            try pad(frame.file.size, into: consume)
        }
        if paths?.contains(Self.sumsName) ?? true {
            try send(Array(sums.utf8), as: Self.sumsName, into: consume)
        }
        try TarHeader.trailer.withUnsafeBytes(consume)
    }

    private func send(
        _ bytes: [UInt8], as path: String, into consume: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try TarHeader(path: path, mode: 0o644, size: bytes.count).block.withUnsafeBytes(consume)
        try bytes.withUnsafeBytes(consume)
        try pad(bytes.count, into: consume)
    }

    private func pad(_ size: Int, into consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        let count = TarHeader.padding(after: size)
        guard count > 0 else { return }
        try [UInt8](repeating: 0, count: count).withUnsafeBytes(consume)
    }

    private static func index(of images: [BundleManifest.Image], arch: Architecture) throws -> [UInt8] {
        let platform = ImageDescriptor.Platform(architecture: arch.rawValue, os: "linux")
        let manifests = images.map { image in
            var annotations = [ImageDescriptor.nameKey: image.name]
            annotations[ImageDescriptor.tagKey] = ImageName(image.name)?.tag
            return ImageDescriptor(
                mediaType: image.mediaType, digest: image.digest, size: image.size,
                platform: ImageMediaType.indexes.contains(image.mediaType) ? nil : platform, annotations: annotations)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let index = ImageIndex(schemaVersion: 2, mediaType: ImageMediaType.index, manifests: manifests)
        return [UInt8](try encoder.encode(index))
    }
}
