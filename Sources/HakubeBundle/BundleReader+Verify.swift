// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import HakubeModel

extension BundleReader {
    /// Reads the whole file and holds every byte against the manifest, and the manifest against what a cluster needs.
    ///
    /// - Parameter progress: called with bytes of the stored file read and in all.
    /// - Returns: the manifest, which can now be relied on.
    /// - Throws: `BundleError` with all faults; `CancellationError` when the task is cancelled.
    package func verify(progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> BundleManifest
    {
        let (input, tar, manifest) = try openInput()
        var check = StreamCheck(bundle: path, manifest: manifest)
        var meter = Meter(total: input.fileSize, report: progress)
        do {
            while let (header, block) = try tar.header() {
                var scan = ContentScan(path: header.path)
                try tar.content(of: header) { bytes in
                    scan.update(bytes)
                    try meter.advance(to: input.consumed)
                }
                check.add(header, block: block, content: scan.finish())
            }
            try tar.finish()
        } catch let error as BundleError {
            // Behind the break nothing can be said, but what was found before it still holds.
            check.faults.add(error)
            throw BundleError(problems: check.faults.problems)
        }
        check.finish()
        try check.faults.throwIfAny()
        return manifest
    }
}

/// Entries of a bundle in the order of their arrival, held against its manifest.
struct StreamCheck {
    let bundle: String
    let manifest: BundleManifest
    var faults: FaultList
    private let places: [String: Int]
    private var contents: [String: Content] = [:]
    private var next = 0
    /// Documents are kept in memory for the rules; a bundle made to fill it is cut off here.
    private var documentBudget = 64 << 20

    init(bundle: String, manifest: BundleManifest) {
        self.bundle = bundle
        self.manifest = manifest
        faults = FaultList(bundle)
        places = Dictionary(uniqueKeysWithValues: manifest.files.enumerated().map { ($0.element.path, $0.offset) })
    }

    mutating func add(_ header: TarHeader, block: [UInt8], content: Content) {
        if let fault = BundlePath.fault(header.path) { return faults.add(header.path, fault, Remedy.repack) }
        guard header.kind == TarHeader.regularFile else {
            return faults.add(header.path, "is \(header.kindName), and a bundle holds files only", Remedy.repack)
        }
        guard let place = places[header.path] else {
            return faults.add(header.path, "the entry is not listed in the manifest", Remedy.again)
        }
        guard contents[header.path] == nil else {
            return faults.add(header.path, "the entry stands in the archive twice", Remedy.again)
        }
        let file = manifest.files[place]
        documentBudget -= content.document?.count ?? 0
        contents[header.path] =
            documentBudget >= 0
            ? content : Content(size: content.size, sha256: content.sha256, head: content.head, document: nil)
        faults.addDifference(file, size: content.size, sha256: content.sha256)
        if header.mode != file.mode {
            faults.add(
                file.path,
                "the entry has mode 0\(String(header.mode, radix: 8)), and the manifest says 0\(String(file.mode, radix: 8))",
                Remedy.again)
        } else if block != header.canonical(mode: file.mode) {
            faults.add(
                file.path, "the tar header has an owner, a date or a form that hakube does not write", Remedy.repack)
        }
        if place < next { faults.add(file.path, "the entry is not in the manifest's order", Remedy.repack) }
        next = place + 1
    }

    /// To be called when the whole archive has been read.
    mutating func finish() {
        for file in manifest.files where contents[file.path] == nil {
            faults.add(file.path, "the entry is missing from the archive", Remedy.again)
        }
        // Damage found so far would only be said a second time by the rules below.
        guard faults.isEmpty else { return }
        ProgramRules.check(contents, arch: manifest.arches.first, faults: &faults)
        let layout = ImageLayout(contents: contents, arch: manifest.arches.first, subject: bundle)
        faults.add(BundleError(problems: layout.faults.problems))
        PodManifests.check(contents, images: Set(layout.images.map(\.name)), faults: &faults)
        compare(layout.images)
    }

    private mutating func compare(_ found: [BundleManifest.Image]) {
        let listed = Dictionary(uniqueKeysWithValues: manifest.images.map { ($0.name, $0) })
        let names = Set(found.map(\.name))
        for image in manifest.images where !names.contains(image.name) {
            faults.add(image.name, "the manifest lists the image, images/index.json does not", Remedy.repack)
        }
        for image in found {
            guard let entry = listed[image.name] else {
                faults.add(image.name, "images/index.json has the image, the manifest does not list it", Remedy.repack)
                continue
            }
            guard
                entry.digest != image.digest || entry.mediaType != image.mediaType || entry.size != image.size
                    || entry.blobs != image.blobs
            else { continue }
            faults.add(
                image.name, "the manifest has the image as \(entry.digest), images/index.json as \(image.digest)",
                Remedy.repack)
        }
    }
}
