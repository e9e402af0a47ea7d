// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// These are macros over *_ctrl in C, which Swift cannot see.
static inline int hakube_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline void hakube_ssl_context_require_tls12(SSL_CTX *context) {
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE);
    // One system call a record instead of two.
    SSL_CTX_set_read_ahead(context, 1);
}

// Counts the certificate once more: the caller's own reference stays the caller's.
static inline int hakube_ssl_context_add_chain(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

// The protocols to offer are length-prefixed (RFC 7301).
static inline void hakube_ssl_offer_http2(SSL *ssl) {
    static const unsigned char protocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    (void)SSL_set_alpn_protos(ssl, protocols, sizeof protocols);
}

static inline int hakube_ssl_speaks_http2(const SSL *ssl) {
    const unsigned char *name = NULL;
    unsigned int length = 0;
    SSL_get0_alpn_selected(ssl, &name, &length);
    return length == 2 && name[0] == 'h' && name[1] == '2';
}
