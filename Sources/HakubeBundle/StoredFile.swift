// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import Glibc

/// A bundle file as it is stored, read in order; its seal is split off and its bytes are summed on the way.
final class StoredFile {
    enum SealState { case unneeded, missing, wrong, right }

    let size: Int
    private(set) var position = 0
    /// errno of the read that failed.
    private(set) var failure: Int32?
    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    private let compression: BundleCompression
    private var seal: [UInt8] = []
    private var digest = SHA256()

    init(path: String) throws(BundleError) {
        let remedy = "name a bundle file that you can read"
        guard let status = FileStatus(path, followingLinks: true) else {
            throw .system("open the bundle", path, code: errno, remedy: remedy)
        }
        guard status.kind == .file else { throw BundleError(path, "is not a regular file", remedy) }
        guard status.size > 0 else { throw BundleError(path, "is empty and not a bundle", Remedy.again) }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open the bundle", path, code: errno, remedy: remedy) }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        size = status.size
        compression = BundleCompression(magic: Self.bytes(of: descriptor, at: 0, count: 4))
        let length = Seal.size(for: compression)
        let end = Self.bytes(of: descriptor, at: size - length, count: length)
        if Seal.isSeal(end, for: compression) { seal = end }
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    /// Where the content ends and the seal begins.
    var contentSize: Int { size - seal.count }

    /// The next bytes, empty at the end, `nil` on failure. They stand until the next call.
    func next() -> UnsafeRawBufferPointer? {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, min(buffer.count, contentSize - position))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                failure = errno
                return nil
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
            position += count
            if !seal.isEmpty { digest.update(bufferPointer: bytes) }
            return bytes
        }
    }

    /// To be asked when all has been read.
    var sealState: SealState {
        guard compression != .none else { return .unneeded }
        guard !seal.isEmpty else { return .missing }
        return Seal.bytes(digest.finalize(), for: compression) == seal ? .right : .wrong
    }

    private static func bytes(of descriptor: Int32, at offset: Int, count: Int) -> [UInt8] {
        guard offset >= 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, offset))
        }
    }
}
