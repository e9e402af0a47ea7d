// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
package import HakubeModel

/// A folder with an OCI image layout. Blobs are shared by all its images.
package struct ImageLayoutFolder: Sendable {
    /// A name in index.json.
    package struct Entry: Sendable, Hashable {
        package let name: String
        package let arch: Architecture
        package let mediaType: String
        package let digest: String
        package let size: Int

        package init(name: String, arch: Architecture, mediaType: String, digest: String, size: Int) {
            self.name = name
            self.arch = arch
            self.mediaType = mediaType
            self.digest = digest
            self.size = size
        }
    }

    package let path: String

    package init(_ path: String) { self.path = path }

    /// Where a blob stands or will stand.
    package func path(of digest: String) -> String { "\(path)/blobs/sha256/\(digest.dropFirst("sha256:".count))" }

    /// - Returns: the blob's digest.
    /// - Throws: `FetchError`.
    @discardableResult
    package func add(blob bytes: [UInt8]) throws -> String {
        let digest = "sha256:\(StreamDigest.sha256(of: bytes))"
        try write(bytes, to: path(of: digest))
        return digest
    }

    /// The names that stand in index.json, in its order. One without name or platform is left out.
    /// - Throws: `FetchError` when there is an index that cannot be read.
    package func entries() throws -> [Entry] {
        guard let data = FileManager.default.contents(atPath: "\(path)/index.json") else { return [] }
        guard let index = try? JSONDecoder().decode(ImageDocument.self, from: data).manifests else {
            throw FetchError("\(path)/index.json", "it cannot be read", "delete the folder and run the command again")
        }
        return index.compactMap { descriptor in
            guard let name = descriptor.annotations?[ImageDescriptor.nameKey], let type = descriptor.mediaType,
                let arch = descriptor.platform.flatMap({ Architecture(rawValue: $0.architecture) })
            else { return nil }
            return Entry(name: name, arch: arch, mediaType: type, digest: descriptor.digest, size: descriptor.size)
        }
    }

    /// Writes oci-layout and index.json; the order of `entries` does not matter.
    /// - Throws: `FetchError`.
    package func write(_ entries: [Entry]) throws {
        let manifests = Set(entries).sorted { ($0.name, $0.arch.rawValue) < ($1.name, $1.arch.rawValue) }.map { entry in
            let name = ImageName(entry.name)
            var annotations = [ImageDescriptor.nameKey: entry.name]
            annotations[ImageDescriptor.tagKey] = name?.digest == nil ? name?.tag : nil
            return ImageDescriptor(
                mediaType: entry.mediaType, digest: entry.digest, size: entry.size,
                platform: ImageDescriptor.Platform(architecture: entry.arch.rawValue, os: "linux"),
                annotations: annotations)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try write(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: "\(path)/oci-layout")
        try write(
            Array(try encoder.encode(ImageDocument(mediaType: ImageMediaType.index, manifests: manifests))),
            to: "\(path)/index.json")
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try LocalFile.makeFolder(of: path)
        let file = try LocalFile("\(path).new", flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
        try bytes.withUnsafeBytes { try file.write($0) }
        try file.finish(as: path, mode: 0o644)
    }

    /// A blob with the right content, or `nil`.
    func blob(_ digest: String, limit: Int) async throws -> [UInt8]? {
        let path = path(of: digest)
        return try await BlockingWork.run { cancellation in
            guard access(path, F_OK) == 0 else { return nil }
            let file = try LocalFile(path, flags: O_RDONLY)
            guard try file.size <= limit else { return nil }
            var bytes: [UInt8] = []
            try file.read(cancellation) { bytes.append(contentsOf: $0) }
            return "sha256:\(StreamDigest.sha256(of: bytes))" == digest ? bytes : nil
        }
    }

    /// Deletes blobs that no image of index.json needs, such as those of an earlier run's images and parts of files.
    /// - Returns: how many files went.
    /// - Throws: `FetchError`.
    @discardableResult
    package func removeUnneeded() throws -> Int {
        var needed: Set<String> = []
        for entry in try entries() { walk(entry.digest, into: &needed) }
        let folder = "\(path)/blobs/sha256"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let unneeded = names.filter { !needed.contains("sha256:\($0)") }
        for name in unneeded where unlink("\(folder)/\(name)") != 0 {
            throw LocalFile.error("cannot be deleted", "\(folder)/\(name)")
        }
        return unneeded.count
    }

    private func walk(_ digest: String, into needed: inout Set<String>) {
        guard needed.insert(digest).inserted, let data = FileManager.default.contents(atPath: path(of: digest)),
            let document = try? JSONDecoder().decode(ImageDocument.self, from: data)
        else { return }
        needed.formUnion((document.layers ?? []).map(\.digest))
        if let config = document.config { needed.insert(config.digest) }
        for child in document.manifests ?? [] { walk(child.digest, into: &needed) }
    }
}
