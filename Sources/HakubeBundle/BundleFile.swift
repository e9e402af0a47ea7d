// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import Synchronization

/// A bundle file, open. Reads name their place, so that any number of them may go on side by side.
final class BundleFile: Sendable {
    let path: String
    let size: Int
    /// Permission bits.
    let mode: Int
    let compression: BundleCompression
    private let descriptor: Int32
    private let readSoFar = Atomic(0)

    init(path: String) throws(BundleError) {
        let remedy = "name a bundle file that you can read"
        guard let status = FileStatus(path, followingLinks: true) else {
            throw .system("open the bundle", path, code: errno, remedy: remedy)
        }
        guard status.kind == .file else { throw BundleError(path, "is not a regular file", remedy) }
        guard status.size > 0 else { throw BundleError(path, "is empty and not a bundle", Remedy.again) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open the bundle", path, code: errno, remedy: remedy) }
        var magic: [UInt8] = [0, 0, 0, 0]
        let count = pread(descriptor, &magic, magic.count, 0)
        self.path = path
        self.descriptor = descriptor
        size = status.size
        mode = status.mode
        compression = BundleCompression(magic: Array(magic.prefix(max(0, count))))
    }

    deinit { close(descriptor) }

    /// Bytes of the file that were asked for up to now.
    var bytesRead: Int { readSoFar.load(ordering: .relaxed) }

    /// Fills the buffer from `offset` on, as far as the file goes.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(BundleError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor, rest.baseAddress, rest.count, offset + filled)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw .system("read", path, code: errno, remedy: "check the disk, and copy the bundle again")
            }
            guard count > 0 else { break }
            filled += count
        }
        readSoFar.add(filled, ordering: .relaxed)
        return filled
    }

    /// The bytes of a range, fewer where the file ends before it.
    func bytes(_ range: Range<Int>) throws(BundleError) -> [UInt8] {
        guard range.lowerBound >= 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: range.count)
        var count = 0
        do { count = try bytes.withUnsafeMutableBytes { try read(at: range.lowerBound, into: $0) } } catch {
            throw (error as? BundleError) ?? BundleError(path, "cannot be read: \(error)", Remedy.again)
        }
        return Array(bytes.prefix(count))
    }

    /// Gives a range of the file to another one.
    func copy(_ range: Range<Int>, to output: PartFile) throws(BundleError) {
        try output.append(range, of: descriptor, at: path)
    }
}
