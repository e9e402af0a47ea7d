// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import FoundationEssentials
import Glibc
import HakubeBundle
import HakubeModel

/// Makes a bundle of what people have already: an offline package of sealos 2 or 3, saved images, a folder of both.
///
/// None of its scripts is run. Its kubeadm and the like are asked for their versions when the bundle is packed.
package struct Importer {
    let request: ImportRequest
    let progress: (_ verb: String, _ done: Int, _ total: Int) -> Void

    package init(
        _ request: ImportRequest,
        progress: @escaping (_ verb: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) {
        self.request = request
        self.progress = progress
    }

    /// - Throws: `BundleError` with what is wrong or missing; `CancellationError`. Nothing is left behind then.
    package func run() throws -> ImportResult {
        let source = request.source
        guard ImportFile.exists(source) else { throw ImportFile.fault("read", source, code: ENOENT) }
        let target = ImportFile.exists("\(request.output)/bundle.yaml") ? request.output : nil
        if target == nil {
            guard BundleCompression(fileName: request.output) != nil else {
                throw BundleError(
                    request.output, "it is neither a bundle folder nor the name of a bundle",
                    "end the name in .tar.zst, .tar.gz or .tar, or name a folder with a bundle.yaml")
            }
        }
        let work = try WorkFolder(beside: request.output)
        let harvest = try gather(in: work)
        if let target { return try addImages(of: harvest, to: target, in: work) }
        return try makeBundle(of: harvest, in: work)
    }

    private func gather(in work: WorkFolder) throws -> Harvest {
        let source = request.source
        let unpacked = ImportTotal()
        let title = source.split(separator: "/").last.map(String.init) ?? source
        func unpack(_ path: String, _ title: String) throws -> FileTree? {
            let total = ImportFile.size(path) ?? 0
            var extractor = ArchiveExtractor(budget: ImportBudget(request.limits, of: unpacked))
            extractor.progress = { progress("unpack", min($0, total), total) }
            return try extractor.extractKnown(path, called: title, to: try work.next())
        }
        let tree: FileTree? = ImportFile.size(source) == nil ? try FileTree(folder: source) : try unpack(source, title)
        guard let tree else { throw ArchiveExtractor.unknown(title) }
        var harvest = Harvest()
        try harvest.gather(tree, depth: request.limits.depth, unpack: unpack)
        return harvest
    }

    /// Images alone make a folder more complete.
    private func addImages(of harvest: Harvest, to folder: String, in work: WorkFolder) throws -> ImportResult {
        guard !harvest.images.isEmpty else {
            throw BundleError(
                request.source, "it holds no images", "name what `docker save` or `skopeo copy` wrote")
        }
        let store = try ImageStore(
            folder: "\(try work.next())/images", joining: "\(folder)/images", limits: request.limits)
        let (names, notes) = try add(harvest.images, to: store, for: request.arch)
        try store.finish()
        return ImportResult(images: names, manifest: nil, notes: notes)
    }

    /// All trees of images into one layout.
    func add(_ trees: [FileTree], to store: ImageStore, for arch: Architecture?) throws -> (
        names: [String], notes: [String]
    ) {
        var names: [String] = []
        var unnamed = 0
        for tree in trees {
            let found: (names: [ImageName], unnamed: Int)
            if tree.path(of: LayoutArchive.marker) != nil {
                found = try LayoutArchive(tree: tree, store: store, limits: request.limits).add(for: arch)
            } else {
                var archive = DockerArchive(tree: tree, store: store, limits: request.limits)
                found = try archive.add(for: arch)
            }
            names += found.names.map(\.text)
            unnamed += found.unnamed
        }
        let notes = unnamed == 0 ? [] : ["\(unnamed) images without a name are left out: no pod could name them"]
        return (Set(names).sorted(), notes)
    }
}

/// A folder of this import's own, gone with the value that holds it.
final class WorkFolder {
    let path: String
    private var count = 0

    /// - Parameter output: on its file system, so that nothing need be copied there.
    init(beside output: String) throws {
        let output = output.hasSuffix("/") ? String(output.dropLast()) : output
        var place = Array("\(output).import-XXXXXX".utf8CString)
        // mkdtemp gives mode 0700: nobody else can put a link in the way.
        guard mkdtemp(&place) != nil else { throw ImportFile.fault("write beside", output) }
        path = String(decoding: place.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A new empty folder in it.
    func next() throws -> String {
        count += 1
        try ImportFile.makeFolder("\(path)/\(count)")
        return "\(path)/\(count)"
    }
}
