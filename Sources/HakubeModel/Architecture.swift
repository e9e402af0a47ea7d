// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// CPU architecture of a host or a bundle, in Kubernetes' (Go's) spelling.
package enum Architecture: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case amd64, arm64, ppc64le, s390x

    /// From `uname -m`.
    package init?(machine: String) {
        switch machine {
        case "x86_64": self = .amd64
        case "aarch64": self = .arm64
        case "ppc64le": self = .ppc64le
        case "s390x": self = .s390x
        default: return nil
        }
    }

    package static func < (one: Architecture, other: Architecture) -> Bool { one.rawValue < other.rawValue }
}
