// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package import Foundation
package import HakubeModel

/// How a bundle's files travel to the hosts.
package struct PushSettings: Sendable {
    package enum FanOut: String, Sendable, Hashable, CaseIterable {
        /// Hosts pass the files on where three or more need the same.
        case auto
        /// Every host gets its files from the operator.
        case direct
        /// Hosts pass the files on wherever two need the same.
        case relay
    }

    package var fanOut: FanOut
    /// Bytes a second that all uploads together may take; `nil`: all that the line gives.
    package var limitRate: Int?
    /// How many hosts get bytes from the operator at a time.
    package var parallelUploads: Int
    /// The program that receives on a host of an architecture; `nil` where there is none, and the host's own programs do it.
    package var courier: @Sendable (Architecture) -> URL?

    package static let defaultUploads = 4

    package init(
        fanOut: FanOut = .auto, limitRate: Int? = nil, parallelUploads: Int = Self.defaultUploads,
        courier: @escaping @Sendable (Architecture) -> URL? = { _ in nil }
    ) {
        self.fanOut = fanOut
        self.limitRate = limitRate
        self.parallelUploads = parallelUploads
        self.courier = courier
    }
}
