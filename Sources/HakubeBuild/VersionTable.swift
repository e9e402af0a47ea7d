// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel

/// Versions of one component, by Kubernetes minor. A row serves its minor and those after it, up to the next row, so
/// that a release newer than the table gets the newest row.
struct VersionTable: Sendable, Hashable {
    struct Row: Sendable, Hashable {
        let major: Int
        let minor: Int
        let version: String
    }

    /// Ascending.
    let rows: [Row]

    /// One version for every release.
    init(every version: String) { rows = [Row(major: 0, minor: 0, version: version)] }

    init(rows: [Row]) { self.rows = rows.sorted { ($0.major, $0.minor) < ($1.major, $1.minor) } }

    /// `nil` for a release older than the first row.
    func version(for release: KubernetesVersion) -> String? {
        rows.last { release.isAtLeast($0.major, $0.minor) }?.version
    }

    /// A version as it stands in addresses, without the leading v; `nil` for what could not be one.
    static func version(_ text: String) -> String? {
        let bare = text.hasPrefix("v") ? String(text.dropFirst()) : text
        let isPlain = bare.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: ".-+_".utf8.contains(byte)
            }
        }
        return isPlain && bare.first?.isNumber == true ? bare : nil
    }
}
