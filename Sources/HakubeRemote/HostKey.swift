// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Crypto
import FoundationEssentials

/// A server's public key.
package struct HostKey: Sendable, Hashable {
    /// The public key on the wire; starts with its type (RFC 4253 section 6.6).
    package let blob: [UInt8]

    package var type: String {
        var reader = WireReader(blob)
        return reader.string() ?? "unknown"
    }

    /// As OpenSSH prints it: SHA-256, base64 without padding.
    package var fingerprint: String {
        "SHA256:" + Data(SHA256.hash(data: blob)).base64EncodedString().prefix { $0 != "=" }
    }

    package var base64: String { Data(blob).base64EncodedString() }

    package init(blob: [UInt8]) { self.blob = blob }

    package init?(base64: some StringProtocol) {
        guard let data = Data(base64Encoded: String(base64)), !data.isEmpty else { return nil }
        blob = Array(data)
    }
}
