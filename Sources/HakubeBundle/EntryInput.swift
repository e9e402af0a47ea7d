// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// One file of a bundle, read out of its frame and held against the manifest.
struct EntryInput {
    let bundle: BundleFile
    let file: BundleManifest.File
    /// Where its frame begins in the bundle file.
    let start: Int
    var meter: SharedMeter?

    /// Hands out the content, never more of it than the manifest tells.
    ///
    /// - Throws: `BundleError` if any byte of the frame is not what a packer writes for this file, after all has been handed
    ///   out or at the first fault; `CancellationError`, and what `consume` throws.
    func read(_ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        var scan = ContentScan(path: file.path)
        try read(with: &scan, consume)
    }

    /// The content as the rules need it.
    func content() throws -> Content {
        var scan = ContentScan(path: file.path)
        try read(with: &scan) { _ in }
        return scan.finish()
    }

    private func read(with scan: inout ContentScan, _ consume: (UnsafeRawBufferPointer) throws -> Void) throws {
        let input: FrameInput
        var fault: String?
        do {
            input = try FrameInput(bundle, start..<start + file.stored, isSummed: true, meter: meter)
        } catch let damage as FrameInput.Damage {
            return try fail("its frame is damaged (\(damage.reason))", Remedy.again)
        }
        do {
            var tar = TarInput(input)
            let (header, block) = try tar.header()
            if let fault = self.fault(of: header, block) { throw TarInput.Fault(fault) }
            try tar.content(file.size) { bytes in
                scan.update(bytes)
                try consume(bytes)
            }
            try tar.finish()
        } catch let error as TarInput.Fault {
            fault = error.message
        } catch let damage as FrameInput.Damage {
            fault = "its frame is damaged (\(damage.reason))"
        }
        // Whether the file was damaged on its way, or made wrongly, is told by the stored bytes.
        let stored = try input.storedDigest()
        guard stored == file.storedSha256 else {
            try fail(
                "its bytes in the file have sha256 \(stored), and the manifest says \(file.storedSha256)",
                Remedy.again)
            return
        }
        if let fault { try fail(fault) }
        let sha256 = scan.finish().sha256
        guard sha256 == file.sha256 else {
            return try fail("the content has sha256 \(sha256), and the manifest says \(file.sha256)")
        }
    }

    private func fail(_ message: String, _ remedy: String = Remedy.repack) throws {
        throw BundleError("\(bundle.path): \(file.path)", message, remedy)
    }

    /// The header has to be the one and only that a packer writes for this file.
    private func fault(of header: TarHeader, _ block: [UInt8]) -> String? {
        if header.path != file.path {
            let reason = BundlePath.fault(header.path).map { ": \($0)" } ?? ""
            return "the entry in its place is called `\(header.path)`\(reason)"
        }
        if header.kind != TarHeader.regularFile { return "is \(header.kindName), and a bundle holds files only" }
        if header.size != file.size {
            return "the entry has \(header.size) bytes, and the manifest says \(file.size)"
        }
        if header.mode != file.mode {
            return
                "the entry has mode 0\(String(header.mode, radix: 8)), and the manifest says 0\(String(file.mode, radix: 8))"
        }
        let isCanonical = block == header.canonical(mode: file.mode)
        return isCanonical ? nil : "the tar header has an owner, a date or a form that hakube does not write"
    }
}
