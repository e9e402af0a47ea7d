// OpenSSL, linked statically into the guardian (Debian: libssl-dev).
#include <openssl/ssl.h>
#include <openssl/err.h>
