// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// How a bundle file is compressed.
package enum BundleCompression: String, Sendable, Hashable, CaseIterable {
    case zstd, gzip, none

    /// By the ending of a file name; `nil` for any other than .tar.zst, .tar.gz, .tgz and .tar.
    package init?(fileName: String) {
        let name = fileName.lowercased()
        if name.hasSuffix(".tar.zst") || name.hasSuffix(".tzst") {
            self = .zstd
        } else if name.hasSuffix(".tar.gz") || name.hasSuffix(".tgz") {
            self = .gzip
        } else if name.hasSuffix(".tar") {
            self = .none
        } else {
            return nil
        }
    }
}
