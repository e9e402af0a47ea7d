// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import COpenSSL

/// The TLS settings of a client with a kubeconfig: it knows the server by the kubeconfig's CA and name, and shows the
/// kubeconfig's certificate.
final class ClientTLS {
    private let context: OpaquePointer
    private let verifiedName: String
    /// The common name in the client's certificate: `system:node:worker1`.
    let user: String?

    init(_ kubeconfig: ProbeKubeconfig, server: ProbeServer) throws(UsageError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw UsageError("TLS cannot start") }
        self.context = context
        verifiedName = kubeconfig.serverName ?? server.host
        hakube_ssl_context_require_tls12(context)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        var user: String?
        do throws(UsageError) {
            try Self.trust(try Self.pem(kubeconfig.authority), context)
            if let certificate = kubeconfig.certificate, let key = kubeconfig.key {
                user = try Self.show(try Self.pem(certificate), try Self.pem(key), context)
            }
        } catch {
            // Swift runs no deinit for an object that was never finished.
            SSL_CTX_free(context)
            throw error
        }
        self.user = user
    }

    deinit { SSL_CTX_free(context) }

    /// A connection on an open socket, ready for its handshake.
    func session(on descriptor: Int32, offeringHTTP2: Bool) -> TLSSession? {
        guard let ssl = SSL_new(context) else { return nil }
        SSL_set_fd(ssl, descriptor)
        SSL_set_connect_state(ssl)
        if IPAddress(verifiedName) == nil {
            hakube_ssl_set_server_name(ssl, verifiedName)
            SSL_set1_host(ssl, verifiedName)
        } else {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), verifiedName)
        }
        if offeringHTTP2 { hakube_ssl_offer_http2(ssl) }
        return TLSSession(ssl)
    }

    private static func pem(_ credential: ProbeKubeconfig.Credential) throws(UsageError) -> [UInt8] {
        switch credential {
        case .text(let text): return text
        case .file(let path):
            guard let text = SmallFile.read(path) else { throw UsageError("\(path) cannot be read") }
            return text
        }
    }

    private static func trust(_ pem: [UInt8], _ context: OpaquePointer) throws(UsageError) {
        guard let source = BIO_new_mem_buf(pem, Int32(pem.count)) else { throw UsageError("out of memory") }
        defer {
            BIO_free(source)
            ERR_clear_error()
        }
        var count = 0
        while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate)
            X509_free(certificate)
            count += 1
        }
        guard count > 0 else { throw UsageError("the kubeconfig's certificate-authority has no certificate") }
    }

    /// - Returns: the certificate's common name.
    private static func show(_ pem: [UInt8], _ key: [UInt8], _ context: OpaquePointer) throws(UsageError) -> String? {
        defer { ERR_clear_error() }
        guard let source = BIO_new_mem_buf(pem, Int32(pem.count)) else { throw UsageError("out of memory") }
        defer { BIO_free(source) }
        guard let certificate = PEM_read_bio_X509(source, nil, nil, nil) else {
            throw UsageError("the kubeconfig's client certificate cannot be read")
        }
        defer { X509_free(certificate) }
        guard let secret = BIO_new_mem_buf(key, Int32(key.count)) else { throw UsageError("out of memory") }
        defer { BIO_free(secret) }
        guard let opened = PEM_read_bio_PrivateKey(secret, nil, nil, nil) else {
            throw UsageError("the kubeconfig's client key cannot be read")
        }
        defer { EVP_PKEY_free(opened) }
        guard SSL_CTX_use_certificate(context, certificate) == 1, SSL_CTX_use_PrivateKey(context, opened) == 1 else {
            throw UsageError("the kubeconfig's client key does not belong to its certificate")
        }
        var name = [CChar](repeating: 0, count: 256)
        let length = X509_NAME_get_text_by_NID(
            X509_get_subject_name(certificate), NID_commonName, &name, Int32(name.count))
        return length > 0 ? string(fromNulTerminated: name) : nil
    }
}
