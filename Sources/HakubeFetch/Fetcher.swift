// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Fetches files over http and https.
package struct Fetcher: Sendable {
    private let options: FetchOptions
    private let progress: any FetchProgress

    package init(options: FetchOptions, progress: any FetchProgress) {
        self.options = options
        self.progress = progress
    }

    /// Side by side, resumed where an earlier run stopped, verified. A file that is there with the right digest is kept.
    /// - Throws: `FetchError` with everything that failed; `CancellationError`.
    package func fetch(_ downloads: [Download]) async throws {
        throw FetchError(downloads.first?.url ?? "", "cannot be fetched yet", "wait")
    }

    /// A short text, such as a checksum file.
    /// - Parameter limit: bytes; more is an error.
    package func text(of url: String, limit: Int = 1 << 20) async throws -> String {
        throw FetchError(url, "cannot be fetched yet", "wait")
    }
}
