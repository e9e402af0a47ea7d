// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

// These are macros over *_ctrl in C, which Swift cannot see.
static inline int hakube_ssl_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline void hakube_ssl_context_require_tls12(SSL_CTX *context) {
    (void)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
}
