// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// The connection failed, not the command that ran over it.
package struct TransportError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// No TCP connection: refused, no route, name unknown, or no answer within the deadline.
        case unreachable
        /// TCP works, but the SSH handshake does not (no common algorithm, not an SSH server).
        case handshake
        /// The server knows us under none of the offered methods.
        case authentication
        /// First contact under --strict-host-keys.
        case unknownHostKey
        /// The server shows another key than the one recorded.
        case changedHostKey
        /// The login is not root and cannot become root with sudo.
        case privilege
        /// The connection broke or stalled while in use.
        case lost
        /// A script ran longer than its time-out.
        case timeout
        /// The host could not read or write a file; the connection is fine.
        case file
    }

    package let code: Code
    /// user@host:port.
    package let peer: String
    /// One sentence: what happened.
    package let message: String
    /// One sentence: what to do next.
    package let remedy: String
    /// What the client's software could not do, and another client may.
    package let lacking: ClientLimit?

    package init(_ code: Code, peer: String, message: String, remedy: String, lacking: ClientLimit? = nil) {
        self.code = code
        self.peer = peer
        self.message = message
        self.remedy = remedy
        self.lacking = lacking
    }
}

/// What a client library cannot do, though the protocol can.
package enum ClientLimit: Sendable, Hashable {
    /// The server allows none of its algorithms.
    case algorithms
    /// It signs with RSA keys in a way that servers no longer take.
    case rsaSignatures
    /// It cannot read the form of the key: FIDO, PKCS#11, a format of its own.
    case keyForm
}
