// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import Synchronization

/// A file to be written from the net: what it must be, and where it goes.
struct FileTransfer: Sendable {
    let label: String
    let subject: FetchSession.Subject
    /// What the sentences call it when the subject has several files; empty for the subject itself.
    var part = ""
    let destination: String
    let checksum: Checksum?
    /// Bytes, where that is known before.
    var size: Int?
    var mode: mode_t = 0o644
    /// Bytes of a file whose size nobody told.
    var limit = FetchOptions.usualLimit

    /// A file that was there already, whole.
    func isThere(_ cancellation: Cancellation) throws -> Bool {
        guard let checksum else { return false }
        let isRight = try LocalFile.digest(of: destination, checksum.algorithm, cancellation) == checksum.hex
        // The mode may have changed since.
        return isRight && chmod(destination, mode) == 0
    }

    /// One attempt. A part that turns out to be of another file is fetched anew, once.
    /// - Throws: `TransferFailure`, `FetchError`, `CancellationError`.
    func attempt(
        _ request: HTTPRequest, _ session: FetchSession, _ memory: TransferMemory, _ cancellation: Cancellation
    ) throws {
        try LocalFile.makeFolder(of: destination)
        guard let part = try PartFile.open(self, memory, session.progress, cancellation) else { return }
        do {
            try complete(part, request, session, cancellation)
        } catch {
            part.removeIfEmpty()
            throw error
        }
    }

    private func complete(
        _ part: PartFile, _ request: HTTPRequest, _ session: FetchSession, _ cancellation: Cancellation
    ) throws {
        while true {
            if part.count == 0 || part.count != size { try transfer(request, part, session, cancellation) }
            if let size, part.count != size { throw wrongSize(part.count) }
            guard let checksum, part.hex != checksum.hex else { break }
            let (found, hadPart) = (part.hex, part.kept > 0)
            try part.restart()
            guard hadPart else {
                throw FetchError(
                    subject.place,
                    "\(name)has the \(checksum.algorithm.rawValue) \(found), but \(checksum.hex) is expected",
                    "the server, a proxy on the way or the expected checksum is wrong; compare it with the publisher's")
            }
            session.progress.note("\(subject.place): \(name)what was there belongs to another file; it is fetched anew")
        }
        try part.finish()
    }

    private func transfer(
        _ request: HTTPRequest, _ part: PartFile, _ session: FetchSession, _ cancellation: Cancellation
    ) throws {
        var ranged = request
        ranged.headers.merge(part.rangeFields) { $1 }
        ranged.isChecked = checksum != nil
        do {
            let response = try session.client.perform(ranged, into: part, cancellation)
            guard !response.head.isSuccess else { return }
            guard response.head.status == 416, part.count > 0 else { throw TransferFailure(response) }
            // 416: the part is as long as the file, or longer (RFC 9110, 15.5.17).
            if response.head.contentRange?.whole == part.count { return }
            try part.restart()
            throw TransferFailure(reason: .cut, message: "the server's file is shorter than the part that was there")
        } catch var failure as TransferFailure {
            failure.received = part.received
            throw failure
        }
    }

    func wrongSize(_ found: Int) -> FetchError {
        FetchError(
            subject.place,
            "\(name)has \(found) bytes\(found > size ?? 0 ? " or more" : ""), but \(size ?? 0) are expected",
            "the server or a proxy on the way is wrong; use a mirror (--mirror)")
    }

    func tooLong() -> FetchError {
        FetchError(
            subject.place, "\(name)is longer than the \(limit >> 20) MiB that a file may have",
            "the server or a proxy on the way is wrong; use a mirror (--mirror)")
    }

    private var name: String { part.isEmpty ? "it " : "\(part) " }
}

/// What the attempts at one file tell each other.
final class TransferMemory: Sendable {
    private let value = Mutex<String?>(nil)

    /// For If-Range: what the server said of the file that the part is the begin of.
    var validator: String? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}

extension FetchSession {
    /// Fetches one file to its end.
    func run(_ transfer: FileTransfer, _ request: HTTPRequest) async throws {
        try await run(transfer) { try await $0(request) }
    }

    /// - Parameter ask: called for each attempt; calls back with the request, which may carry a login by then.
    func run(
        _ transfer: FileTransfer, asking ask: (_ attempt: (HTTPRequest) async throws -> Void) async throws -> Void
    ) async throws {
        let memory = TransferMemory()
        do {
            try await retrying(transfer.subject) {
                try await ask { request in
                    try await BlockingWork.run { try transfer.attempt(request, self, memory, $0) }
                }
            }
            progress.ended(transfer.label)
        } catch {
            progress.failed(transfer.label)
            throw error
        }
    }

    /// Those that are not there yet.
    func missing(_ transfers: [FileTransfer]) async throws -> [FileTransfer] {
        let known = try await SideBySide.map(transfers, atMost: options.parallel) { transfer in
            try await BlockingWork.run { try transfer.isThere($0) }
        }
        return zip(transfers, known).filter { !$1 }.map(\.0)
    }

    /// A short answer, whole in memory.
    func get(_ request: HTTPRequest, limit: Int) async throws -> (response: HTTPResponse, body: [UInt8]) {
        try await BlockingWork.run { cancellation in
            let sink = MemorySink(limit: limit)
            do {
                let response = try self.client.perform(request, into: sink, cancellation)
                guard response.head.isSuccess else { throw TransferFailure(response) }
                return (response, sink.bytes)
            } catch is MemorySink.TooLong {
                throw TransferFailure(
                    reason: .rule, message: "it is longer than the \(limit) bytes that are allowed",
                    remedy: "the server or a proxy on the way is wrong; use a mirror (--mirror)")
            }
        }
    }
}
