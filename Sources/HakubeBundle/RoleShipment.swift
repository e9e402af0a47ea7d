// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
package import HakubeModel
package import HakubeTransport

extension BundleReader {
    /// What a host gets: the files of its role and architecture.
    ///
    /// - Throws: `BundleError`, also when the file is no longer the one that `manifest` was read from.
    package func shipment(
        for role: Role, on arch: Architecture, of manifest: BundleManifest
    ) throws -> RoleShipment {
        guard manifest.arches.contains(arch) else {
            throw BundleError(path, "the bundle is not for \(arch.rawValue)", "name one that is, with --bundle")
        }
        let (file, head) = try open()
        guard head.manifest == manifest else {
            throw BundleError(path, "the file was replaced since it was verified", "run the command again")
        }
        return try RoleShipment(file: file, head: head, role: role, arch: arch)
    }
}

/// What the hosts of one role and architecture get of a bundle.
///
/// - There is one architecture on a host, so `amd64/bin/kubelet` is `bin/kubelet` there.
/// - images/index.json lists the images of that role and architecture only, so that `ctr images import` misses no blob.
/// - SHA256SUMS comes last; a stage that has it was received whole, and `sha256sum -c` proves it.
package struct RoleShipment: Shipment {
    /// Name of the list of digests, the last item.
    package static let sumsName = "SHA256SUMS"

    package let items: [ShipmentItem]
    /// The content of SHA256SUMS: lines that `sha256sum -c` takes.
    package let sums: String

    private let file: BundleFile
    private let places: [String: Place]

    /// Where an item's bytes are.
    enum Place: Sendable {
        case frame(BundleHead.Frame)
        /// Made for the role, so no file of the bundle.
        case made([UInt8])
    }

    init(file: BundleFile, head: BundleHead, role: Role, arch: Architecture) throws {
        let manifest = head.manifest
        let wanted = Set(manifest.files(for: role, on: arch).map(\.path))
        let frames = head.frames.filter { wanted.contains($0.file.path) && $0.file.path != ImageLayout.index }
        let index = try Self.index(of: manifest.images(for: role, on: arch), arch: arch)
        var made: [(path: String, bytes: [UInt8])] = []
        if wanted.contains(ImageLayout.index) { made.append((ImageLayout.index, index)) }
        let listed =
            frames.map { ($0.file.sha256, $0.file.stagePath) } + made.map { (Digest.hex(of: $0.bytes), $0.path) }
        sums = listed.map { "\($0.0)  \($0.1)\n" }.joined()
        made.append((Self.sumsName, Array(sums.utf8)))
        items =
            frames.map { ShipmentItem($0.file, in: file.compression) }
            + made.map { ShipmentItem(path: $0.path, made: $0.bytes) }
        places = Dictionary(
            frames.map { ($0.file.stagePath, .frame($0)) } + made.map { ($0.path, .made($0.bytes)) },
            uniquingKeysWith: { first, _ in first })
        self.file = file
    }

    /// The bundle was verified, its file is held open and the host holds every byte against its digest: nothing is hashed
    /// here.
    ///
    /// - Throws: `BundleError`, as `next` of the cursor does.
    package func cursor(of item: ShipmentItem, from offset: Int) throws -> any ShipmentCursor {
        // What is there already is told by the host, and a host may tell anything.
        guard (0...item.wire).contains(offset) else {
            throw BundleError(
                "\(file.path): \(item.path)", "\(offset) of its \(item.wire) bytes cannot be there already",
                "see what runs on the host in hakube's place")
        }
        switch places[item.path] {
        case .made(let bytes): return MadeCursor(bytes: bytes, position: offset)
        case .frame(let frame): return try frame.cursor(of: item, in: file, from: offset)
        case nil:
            throw BundleError("\(file.path): \(item.path)", "the bundle has no such file", "run the command again")
        }
    }

    /// Read with every byte held against the manifest, as there is no courier to do it.
    package func tar(of items: [ShipmentItem]) -> any ByteSource {
        ShipmentTar(
            file: file,
            entries: items.compactMap { item in places[item.path].map { (item, $0) } })
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

extension ShipmentItem {
    /// A frame travels as it is stored where that saves something: what does not shrink would only cost the host's time.
    fileprivate init(_ file: BundleManifest.File, in compression: BundleCompression) {
        let isStored = compression == .zstd && file.isSmallerStored
        self.init(
            path: file.stagePath, mode: file.mode, size: file.size, sha256: file.sha256,
            form: isStored ? .zstd : .raw, wire: isStored ? file.stored : file.size)
    }

    fileprivate init(path: String, made bytes: [UInt8]) {
        self.init(
            path: path, mode: 0o644, size: bytes.count, sha256: Digest.hex(of: bytes), form: .raw, wire: bytes.count)
    }
}
