// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Glibc
import HakubeModel

/// Fetches files over http and https.
///
/// Proxies are those of the environment (http_proxy, https_proxy, no_proxy), as libcurl reads them.
package struct Fetcher: Sendable {
    private let session: FetchSession

    package init(options: FetchOptions, progress: any FetchProgress) {
        self.init(FetchSession(options: options, progress: progress))
    }

    init(_ session: FetchSession) { self.session = session }

    /// Side by side, resumed where an earlier run stopped, verified. A file that is there with the right digest is kept.
    /// - Throws: `FetchError` with everything that failed; `CancellationError`.
    package func fetch(_ downloads: [Download]) async throws {
        let mirrors = MirrorTable(session.options.mirrors)
        let distinct = try distinct(downloads)
        let transfers = distinct.map { download in
            FileTransfer(
                label: download.label, subject: mirrors.subject(download.url), destination: download.destination,
                checksum: download.checksum, mode: download.isExecutable ? 0o755 : 0o644, limit: session.options.limit)
        }
        let urls = Dictionary(distinct.map { ($0.destination, mirrors.url($0.url)) }) { first, _ in first }
        let missing = try await session.missing(transfers)
        session.progress.planned(transfers: missing.count, bytes: nil)
        _ = try await SideBySide.map(missing, atMost: session.options.parallel) { [session] transfer in
            try await session.run(transfer, HTTPRequest(url: urls[transfer.destination] ?? ""))
        }
    }

    /// A short text, such as a checksum file.
    /// - Parameter limit: bytes; more is an error.
    /// - Throws: `FetchError`; `CancellationError`.
    package func text(of url: String, limit: Int = 1 << 20) async throws -> String {
        let mirrors = MirrorTable(session.options.mirrors)
        let subject = mirrors.subject(url)
        let request = HTTPRequest(url: mirrors.url(url))
        let body = try await session.retrying(subject) { try await session.get(request, limit: limit).body }
        guard let text = String(validating: body, as: UTF8.self) else {
            throw FetchError(subject.place, "it is no text in UTF-8", "check the URL")
        }
        return text
    }

    /// Two transfers into one file would spoil each other.
    private func distinct(_ downloads: [Download]) throws -> [Download] {
        var known: [String: Download] = [:]
        return try downloads.filter { download in
            guard let other = known.updateValue(download, forKey: download.destination) else { return true }
            guard other.url == download.url, other.checksum == download.checksum else {
                throw FetchError(
                    download.url, "it would go to \(download.destination), and so would \(other.url)",
                    "give each its own file")
            }
            return false
        }
    }
}
