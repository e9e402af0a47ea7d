// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import HakubeRemote

/// The library as a whole.
package enum LibSSH2 {
    /// libssh2_init is not thread-safe and must come before any session; a global is initialised exactly once.
    private static let initialised: Int32 = libssh2_init(0)

    static func initialise() throws {
        guard initialised == 0 else { throw SystemError("libssh2_init", 0) }
    }

    /// `1.10.0`.
    static let version = libssh2_version(0).map { String(cString: $0) } ?? "unknown"

    /// False before 1.11: RSA keys then sign with SHA-1 only, which OpenSSH 8.8 and later refuses.
    package static let signsRSAWithSHA2 = libssh2_version(0x010b00) != nil
}

/// A libssh2 call that failed for good.
struct LibSSH2Failure: LinkFailure {
    let code: Int32
    /// The library's own words.
    let words: String

    var description: String { "\(words) (libssh2 \(code))" }

    /// The peer is gone, rather than unwilling.
    var isDisconnect: Bool {
        [
            LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
            LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_BANNER_SEND,
        ].contains(code)
    }
}
