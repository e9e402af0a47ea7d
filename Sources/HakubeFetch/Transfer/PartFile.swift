// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc

/// The begin of a file, as far as it has come: NAME.part beside the finished one.
final class PartFile: BodySink {
    private let plan: FileTransfer
    private let memory: TransferMemory
    private let progress: any FetchProgress
    private let file: LocalFile
    private var digest: StreamDigest
    /// Bytes that are there.
    private(set) var count = 0
    /// What was there before this attempt and still counts.
    private(set) var kept = 0
    /// Bytes of this attempt.
    private(set) var received = 0

    /// Opens it when no other process has it. What is there stays if it can be told later whether it belongs to the file.
    /// - Returns: `nil` when another process has finished the file meanwhile.
    static func open(
        _ plan: FileTransfer, _ memory: TransferMemory, _ progress: any FetchProgress, _ cancellation: Cancellation
    ) throws -> PartFile? {
        while true {
            let file = try LocalFile(plan.destination + ".part", flags: O_RDWR | O_CREAT | O_NOFOLLOW)
            guard try file.lock(cancellation) else { continue }
            if try plan.isThere(cancellation) {
                try file.remove()
                return nil
            }
            return try PartFile(plan, memory, progress, file, cancellation)
        }
    }

    private init(
        _ plan: FileTransfer, _ memory: TransferMemory, _ progress: any FetchProgress, _ file: LocalFile,
        _ cancellation: Cancellation
    ) throws {
        self.plan = plan
        self.memory = memory
        self.progress = progress
        self.file = file
        digest = StreamDigest(plan.checksum?.algorithm ?? .sha256)
        let size = try file.size
        guard size > 0, plan.checksum != nil || memory.validator != nil, size <= plan.size ?? size else {
            try file.empty()
            return
        }
        try file.read(cancellation) { digest.update($0) }
        count = size
        kept = size
    }

    /// Header fields that ask for the rest.
    var rangeFields: [String: String] {
        guard count > 0 else { return [:] }
        // Without If-Range the digest finds out whether both parts belong together.
        return ["Range": "bytes=\(count)-"].merging(memory.validator.map { ["If-Range": $0] } ?? [:]) { $1 }
    }

    func begin(_ head: HTTPHead) throws {
        if head.status == 206 {
            guard head.contentRange?.first == count else {
                try restart()
                throw TransferFailure(reason: .cut, message: "the server sends another part than the one asked for")
            }
        } else if count > 0 {
            progress.note("\(plan.subject.place): the server sends it from its begin, so \(count) bytes come again")
            try restart()
        }
        memory.validator = head.validator
        let whole = head.contentLength.map { $0 + count }
        if let size = plan.size, let whole, whole != size { throw plan.wrongSize(whole) }
        try checkLimit(whole ?? 0)
        progress.began(plan.label, bytes: plan.size ?? whole)
        progress.advanced(plan.label, to: count)
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        if let size = plan.size, count + bytes.count > size { throw plan.wrongSize(count + bytes.count) }
        try checkLimit(count + bytes.count)
        try file.write(bytes)
        digest.update(bytes)
        count += bytes.count
        received += bytes.count
        progress.advanced(plan.label, to: count)
    }

    /// A body without end would fill the disk; nothing of such a file is worth to be kept.
    private func checkLimit(_ count: Int) throws {
        guard plan.size == nil, count > plan.limit else { return }
        try restart()
        throw plan.tooLong()
    }

    func restart() throws {
        try file.empty()
        digest = StreamDigest(plan.checksum?.algorithm ?? .sha256)
        (count, kept, memory.validator) = (0, 0, nil)
    }

    var hex: String { digest.hex }

    /// Nothing is worth to be kept of a file that never began.
    func removeIfEmpty() {
        if count == 0 { try? file.remove() }
    }

    func finish() throws {
        try file.finish(as: plan.destination, mode: plan.mode)
    }
}
