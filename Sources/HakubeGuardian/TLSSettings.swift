// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import CNetlink
import COpenSSL
import Glibc

/// What is known of the cluster's CA: the settings that new TLS connections start with.
///
/// Before `kubeadm join` a worker has no CA, so nothing can be verified; from the moment the file exists everything is.
final class TLSSettings {
    private let certificateAuthority: String
    private var context: OpaquePointer?
    private var loaded: FileMark?
    private var generation = 0

    init(certificateAuthority: String) {
        self.certificateAuthority = certificateAuthority
        // Without openssl.cnf: the program carries all it needs, and a host's file may name engines it lacks.
        OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
    }

    deinit { SSL_CTX_free(context) }

    /// Whether real servers are verified; true once a CA was read.
    private(set) var verifies = false

    /// A connection on an open socket, ready for its handshake. HTTP/2 is spoken where it is offered and taken.
    func session(on descriptor: Int32, offeringHTTP2: Bool = false) -> TLSSession? {
        refresh()
        guard let context, let ssl = SSL_new(context) else { return nil }
        SSL_set_fd(ssl, descriptor)
        SSL_set_connect_state(ssl)
        // kubeadm puts this name in every API server certificate, whatever the masters' addresses are.
        let name = "kubernetes.default.svc"
        hakube_ssl_set_server_name(ssl, name)
        if verifies { SSL_set1_host(ssl, name) }
        if offeringHTTP2 { hakube_ssl_offer_http2(ssl) }
        return TLSSession(ssl, generation: generation)
    }

    /// Whether a connection was made under the settings of now; an older one was not verified as it should be.
    func isCurrent(_ session: TLSSession) -> Bool {
        refresh()
        return session.generation == generation
    }

    /// Reads the CA again when the file has changed.
    private func refresh() {
        let mark = FileMark(certificateAuthority)
        guard context == nil || mark != loaded else { return }
        guard let fresh = SSL_CTX_new(TLS_client_method()) else { return }
        loaded = mark
        hakube_ssl_context_require_tls12(fresh)
        let isLoaded = mark != nil && SSL_CTX_load_verify_locations(fresh, certificateAuthority, nil) == 1
        if mark != nil, !isLoaded, verifies {
            // Torn in the middle of being written: the one from before is still the better judge.
            ERR_clear_error()
            return SSL_CTX_free(fresh)
        }
        verifies = isLoaded
        SSL_CTX_set_verify(fresh, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        ERR_clear_error()
        SSL_CTX_free(context)
        context = fresh
        generation += 1
    }
}

/// One TLS connection over a non-blocking socket.
final class TLSSession {
    enum Step {
        case done(Int)
        case wantsRead
        case wantsWrite
        /// The peer ended the connection.
        case ended
        case failed(String)
        case untrusted(String)
    }

    private let ssl: OpaquePointer
    fileprivate let generation: Int

    init(_ ssl: OpaquePointer, generation: Int = 0) {
        self.ssl = ssl
        self.generation = generation
    }

    deinit { SSL_free(ssl) }

    /// Known once the handshake is done.
    var speaksHTTP2: Bool { hakube_ssl_speaks_http2(ssl) != 0 }

    /// Whether bytes have left the socket that were not handed out yet. Without any, the next ones make the socket ready.
    var holdsMore: Bool { SSL_has_pending(ssl) != 0 }

    /// SHA-256 of the server's certificate in hexadecimal digits: each API server has one of its own.
    var serverDigest: String? {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &length) == 1 else { return nil }
        return digest.prefix(Int(length)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func handshake() -> Step { step { SSL_do_handshake(ssl) } }

    func write(_ bytes: [UInt8]) -> Step { step { SSL_write(ssl, bytes, Int32(bytes.count)) } }

    func read(into buffer: inout [UInt8]) -> Step { step { SSL_read(ssl, &buffer, Int32(buffer.count)) } }

    /// Reads once into memory of the moment and hands over what came.
    func read(upTo capacity: Int, _ take: (ArraySlice<UInt8>) -> Void) -> Step {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { memory in
            let step = step { SSL_read(ssl, memory.baseAddress, Int32(capacity)) }
            if case .done(let count) = step { take(Array(memory[..<count])[...]) }
            return step
        }
    }

    private func step(_ operation: () -> Int32) -> Step {
        // A leftover of another connection would be taken for this one's failure.
        ERR_clear_error()
        errno = 0
        let result = operation()
        guard result <= 0 else { return .done(Int(result)) }
        let number = errno
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL: return number == 0 ? .ended : .failed(errorText(number))
        default: return failure()
        }
    }

    private func failure() -> Step {
        let verdict = SSL_get_verify_result(ssl)
        // OpenSSL forms this opinion also where nobody asked for it.
        if verdict != X509_V_OK, SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE {
            return .untrusted(X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "error \(verdict)")
        }
        let reason = ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) } ?? "TLS error"
        // OpenSSL 3 reports a connection cut without close_notify as an error of its own.
        return reason == "unexpected eof while reading" ? .ended : .failed("TLS: \(reason)")
    }
}

/// Tells one version of a file from the next.
struct FileMark: Hashable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// nil when there is no such file.
    init?(_ path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        device = UInt(facts.st_dev)
        inode = UInt(facts.st_ino)
        size = Int(facts.st_size)
        seconds = facts.st_mtim.tv_sec
        nanoseconds = facts.st_mtim.tv_nsec
    }
}
