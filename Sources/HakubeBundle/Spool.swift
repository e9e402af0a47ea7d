// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Glibc
import Synchronization

/// Frames that wait until all of them are there: their sizes stand in the manifest, and that comes first in the file.
///
/// The file has no name, so nothing is left of it whatever happens to the program.
final class Spool: Sendable {
    private let folder: String
    private let descriptor: Int32
    private let size = Atomic(0)

    /// - Parameter folder: where the bundle will lie, so that the frames need not be moved between file systems.
    init(in folder: String) throws(BundleError) {
        self.folder = folder
        var name = Array("\(folder)/.hakube-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        if descriptor >= 0 {
            unlink(name)
            // Programs that are started meanwhile shall not hold the space.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        self.descriptor = descriptor
        guard descriptor >= 0 else { throw fault(errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Compresses what `content` writes into a frame at the end. One thread at a time may do so.
    func append(
        _ compression: BundleCompression, effort: FrameOutput.Effort, _ content: (FrameOutput) throws -> Void
    ) throws -> SpooledFrame {
        let start = size.load(ordering: .relaxed)
        var end = start
        var digest = SHA256()
        var failure: Int32?
        let output = try FrameOutput(compression, effort: effort) { bytes in
            digest.update(bufferPointer: bytes)
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.pwrite(self.descriptor, rest.baseAddress, rest.count, off_t(end))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    failure = errno
                    return false
                }
                end += count
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
            return true
        }
        do {
            try content(output)
            try output.finish()
        } catch {
            if let failure { throw fault(failure) }
            throw error
        }
        size.store(end, ordering: .relaxed)
        return SpooledFrame(spool: self, range: start..<end, sha256: Digest.hex(digest.finalize()))
    }

    func copy(_ range: Range<Int>, to output: PartFile) throws(BundleError) {
        try output.append(range, of: descriptor, at: folder)
    }

    private func fault(_ code: Int32) -> BundleError {
        .system("write", folder, code: code, remedy: "free some space or write to another folder")
    }
}

/// One frame of a spool.
struct SpooledFrame: Sendable {
    let spool: Spool
    let range: Range<Int>
    /// Of the stored bytes.
    let sha256: String
}
