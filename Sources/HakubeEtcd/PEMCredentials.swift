// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import COpenSSL
import HakubeModel

/// Puts certificates and a key from texts into OpenSSL's hands; they touch no disk on the way.
enum PEMCredentials {
    /// - Throws: `CredentialFault`.
    static func load(_ credentials: EtcdCredentials, into context: OpaquePointer) throws {
        ERR_clear_error()
        let authorities = certificates(credentials.ca)
        let chain = certificates(credentials.certificate)
        defer { for certificate in authorities + chain { X509_free(certificate) } }
        guard !authorities.isEmpty else { throw CredentialFault("the file `ca` has no certificate that can be read") }
        let store = SSL_CTX_get_cert_store(context)
        for authority in authorities { X509_STORE_add_cert(store, authority) }
        // As API servers do it: whatever stands in `ca` is believed, an intermediate certificate as well.
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        guard let own = chain.first, SSL_CTX_use_certificate(context, own) == 1 else {
            throw CredentialFault("the file `cert` has no certificate that can be read")
        }
        for issuer in chain.dropFirst() where hakube_ssl_context_add_chain(context, issuer) != 1 {
            throw CredentialFault("the file `cert` has a certificate that cannot be used")
        }
        guard let key = privateKey(credentials.key.exposed) else {
            throw CredentialFault("the file `key` has no private key that can be read")
        }
        defer { EVP_PKEY_free(key) }
        guard SSL_CTX_use_PrivateKey(context, key) == 1, SSL_CTX_check_private_key(context) == 1 else {
            throw CredentialFault("the files `cert` and `key` do not belong together")
        }
    }

    private static func certificates(_ pem: String) -> [OpaquePointer] {
        let read = reading(pem) { input in
            var found: [OpaquePointer] = []
            while let certificate = PEM_read_bio_X509(input, nil, nil, nil) { found.append(certificate) }
            // At the end of the text there is no further one, which counts as an error.
            ERR_clear_error()
            return found
        }
        return read ?? []
    }

    /// Nobody is asked for a passphrase.
    private static func privateKey(_ pem: String) -> OpaquePointer? {
        reading(pem) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in 0 }, nil) } ?? nil
    }

    private static func reading<Value>(_ pem: String, _ body: (OpaquePointer) -> Value) -> Value? {
        let bytes = Array(pem.utf8)
        return bytes.withUnsafeBytes { raw in
            guard let input = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count)) else { return nil }
            defer { BIO_free(input) }
            return body(input)
        }
    }
}
