/*
 * sha256 - computes SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104) of a byte string.
 *
 * Orders (loadgen/order) and result files refer to files and bodies by SHA-256, in hexadecimal.
 *
 * Threads: pure functions. Memory: none.
 */
#ifndef LOADGEN_BASE_SHA256_H
#define LOADGEN_BASE_SHA256_H

#include <stddef.h>

enum { SHA256_BYTES = 32, SHA256_TEXT = 2 * SHA256_BYTES + 1 };

/* Writes the hash in lower-case hexadecimal. Returns `text`. */
const char *sha256_print(const void *bytes, size_t length, char text[SHA256_TEXT]);

void sha256_digest(const void *bytes, size_t length, unsigned char hash[SHA256_BYTES]);
void sha256_hmac(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char hash[SHA256_BYTES]);

#endif
