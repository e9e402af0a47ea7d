// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

// Linked into the small static program alone; scripts/courier.sh says how.

#include <stddef.h>

// Debian's libsodium.a is compiled for glibc with _FORTIFY_SOURCE; musl has all it
// calls but this one. The size is what the compiler knew of the object.
void __explicit_bzero_chk(void *bytes, size_t count, size_t size) {
    (void)size;
    for (volatile unsigned char *byte = bytes; count-- > 0;) *byte++ = 0;
}

// sodium_init() chooses the fastest code of every family, and by that drags in 120 KB
// of password hashing, elliptic curves and Salsa20, which no link uses. These take the
// place of the choosers of libsodium 1.0.18; another version that does not know them
// links as well, only bigger.
int _crypto_pwhash_argon2_pick_best_implementation(void) { return 0; }
int _crypto_scalarmult_curve25519_pick_best_implementation(void) { return 0; }
int _crypto_stream_salsa20_pick_best_implementation(void) { return 0; }
