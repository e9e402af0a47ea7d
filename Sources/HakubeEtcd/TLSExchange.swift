// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import COpenSSL
import HakubeModel

/// One request over TLS, and its answer, with whoever carries the bytes: no socket, no thread, no waiting.
///
/// Both sides prove who they are: the server by the CA and its name or address, the client by its certificate.
final class TLSExchange {
    /// Why it came to nothing, in words.
    private(set) var failure: String?
    /// What the server said, decrypted.
    private(set) var answer: [UInt8] = []
    /// Nothing more will be said on either side.
    private(set) var isOver = false

    private let context: OpaquePointer
    private let ssl: OpaquePointer
    /// What came from the server, and what goes to it.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private var request: [UInt8]
    private var isOpen = false

    /// - Throws: `CredentialFault` where the files do not fit each other.
    init(with endpoint: EtcdEndpoint, as credentials: EtcdCredentials, request: [UInt8]) throws {
        OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil)
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw CredentialFault("TLS cannot be started") }
        self.context = context
        self.request = request
        hakube_ssl_context_require_tls12(context)
        do { try PEMCredentials.load(credentials, into: context) } catch {
            SSL_CTX_free(context)
            throw error
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        guard let ssl = SSL_new(context), let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem())
        else {
            SSL_CTX_free(context)
            throw CredentialFault("TLS cannot be started")
        }
        (self.ssl, self.incoming, self.outgoing) = (ssl, incoming, outgoing)
        // Both belong to the session from now on.
        SSL_set_bio(ssl, incoming, outgoing)
        SSL_set_connect_state(ssl)
        if IPAddress(endpoint.host) == nil {
            hakube_ssl_set_server_name(ssl, endpoint.host)
            SSL_set1_host(ssl, endpoint.host)
            // Go reads names from subjectAltName alone.
            SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        } else {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), endpoint.host)
        }
        advance()
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    /// What is to be sent now; empty when there is nothing.
    func toSend() -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16384) { buffer in
            while true {
                let count = BIO_read(outgoing, buffer.baseAddress, Int32(buffer.count))
                guard count > 0 else { break }
                bytes += buffer[..<Int(count)]
            }
        }
        return bytes
    }

    func take(_ bytes: [UInt8]) {
        guard !isOver else { return }
        _ = BIO_write(incoming, bytes, Int32(bytes.count))
        advance()
    }

    /// The connection ended; a server of HTTP/1.0 ends it behind its answer.
    func end() {
        guard !isOver else { return }
        isOver = true
        if !isOpen { failure = "it ended the connection before it was secure" }
    }

    private func advance() {
        if !isOpen {
            guard step({ SSL_do_handshake(ssl) }) != nil else { return }
            isOpen = true
            guard step({ SSL_write(ssl, request, Int32(request.count)) }) != nil else { return }
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16384) { buffer in
            while let count = step({ SSL_read(ssl, buffer.baseAddress, Int32(buffer.count)) }) {
                answer += buffer[..<count]
            }
        }
    }

    /// - Returns: how much was done; `nil` when more has to come first, or when all is over.
    private func step(_ operation: () -> Int32) -> Int? {
        // A leftover of another session would be taken for this one's failure.
        ERR_clear_error()
        let result = operation()
        guard result <= 0 else { return Int(result) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return nil
        case SSL_ERROR_ZERO_RETURN: isOver = true
        default:
            isOver = true
            // Whoever shows no certificate that etcd knows is told so only when the answer is read.
            failure = answer.isEmpty ? reason : nil
        }
        return nil
    }

    private var reason: String {
        let verdict = SSL_get_verify_result(ssl)
        if verdict != Int(X509_V_OK) {
            let words = X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "error \(verdict)"
            return "its certificate is not believed: \(words)"
        }
        return "TLS: \(OpenSSLError.words ?? "the connection was ended")"
    }
}

/// The operator's files do not fit each other.
package struct CredentialFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

enum OpenSSLError {
    /// What went wrong first, taken off the thread's list; `nil` when nothing did.
    static var words: String? {
        let code = ERR_get_error()
        guard code != 0 else { return nil }
        return ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
