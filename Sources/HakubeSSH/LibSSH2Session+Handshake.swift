// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CLibSSH2
import HakubeRemote

extension LibSSH2Session {
    /// Key exchange.
    /// - Parameter knownTypes: types of the keys recorded for this host; they are asked for first, so that a host with
    ///   several keys shows the one that was recorded.
    /// - Throws: `LibSSH2Failure`; `DeadlinePassed`; `CancellationError`.
    func handshake(knownTypes: [String], until deadline: Deadline, _ wakeup: Wakeup?) throws {
        prefer(LIBSSH2_METHOD_HOSTKEY, hostKeyTypes(knownTypes))
        for (method, names) in Algorithms.preferred { prefer(method, names) }
        let status = try attempt(until: deadline, wakeup) { Int(libssh2_session_handshake(handle, socket.descriptor)) }
        guard status == 0 else { throw failed(status) }
    }

    /// The key the server proved to hold.
    /// - Throws: `LibSSH2Failure` when there is none.
    func hostKey() throws -> HostKey {
        var count = 0
        var type: Int32 = 0
        guard let bytes = libssh2_session_hostkey(handle, &count, &type) else { throw failure }
        return HostKey(blob: UnsafeRawBufferPointer(start: bytes, count: count).map { $0 })
    }

    /// `SSH-2.0-OpenSSH_9.2p1 Debian-2`.
    var serverBanner: String { libssh2_session_banner_get(handle).map { String(cString: $0) } ?? "" }

    /// Names unknown to this libssh2 are dropped by the library itself; if none is left its own defaults stay.
    private func prefer(_ method: Int32, _ names: [String]) {
        _ = libssh2_session_method_pref(handle, method, names.joined(separator: ","))
    }

    private func hostKeyTypes(_ known: [String]) -> [String] {
        // A recorded RSA key may be proven with any of the RSA signature names.
        let first = known.flatMap { $0 == "ssh-rsa" ? Algorithms.rsaSignatures : [$0] }
        return first + Algorithms.hostKeys.filter { !first.contains($0) }
    }
}

/// Algorithm names in hakube's order of preference; what this libssh2 does not know drops out.
enum Algorithms {
    static let rsaSignatures = ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"]
    static let hostKeys =
        ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"] + rsaSignatures

    private static let counters = ["aes128-ctr", "aes192-ctr", "aes256-ctr"]
    private static let authenticated = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"]
    private static let sha256 = ["hmac-sha2-256", "hmac-sha2-256-etm@openssh.com"]
    private static let sha1 = ["hmac-sha1", "hmac-sha1-etm@openssh.com"]
    private static let sha512 = ["hmac-sha2-512", "hmac-sha2-512-etm@openssh.com"]

    /// With SHA-256 in hardware libssh2 spends less on CTR and HMAC-SHA-256 than on GCM (measured: 2.2 against 2.7 CPU
    /// seconds a gigabyte). In software SHA-256 alone costs 2.7: GCM needs none, and next comes HMAC-SHA-1, which OpenSSH
    /// allows by default and on which no attack is known (RFC 6194 section 3.3).
    static func preferred(hasSHA256: Bool) -> [(Int32, [String])] {
        let ciphers =
            (hasSHA256 ? counters + authenticated : authenticated + counters) + ["chacha20-poly1305@openssh.com"]
        let codes = hasSHA256 ? sha256 + sha512 + sha1 : sha1 + sha256 + sha512
        return [
            (LIBSSH2_METHOD_CRYPT_CS, ciphers), (LIBSSH2_METHOD_CRYPT_SC, ciphers),
            (LIBSSH2_METHOD_MAC_CS, codes), (LIBSSH2_METHOD_MAC_SC, codes),
        ]
    }

    static let preferred = preferred(hasSHA256: Processor.hasSHA256)

    /// What hakube offers for a method.
    static func offered(_ method: Int32, _ session: LibSSH2Session) -> [String] {
        var list: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        let count = libssh2_session_supported_algs(session.handle, method, &list)
        guard count > 0, let list else { return [] }
        defer { libssh2_free(session.handle, list) }
        let supported = (0..<Int(count)).compactMap { list[$0].map { String(cString: $0) } }
        let wanted = method == LIBSSH2_METHOD_HOSTKEY ? hostKeys : preferred.first { $0.0 == method }?.1
        return wanted.map { $0.filter(supported.contains) } ?? supported
    }
}
