/*
 * sha256 - computes the SHA-256 of a byte string, in hex; orders and result files refer to files
 * and bodies by this hash.
 *
 * Threads: pure functions. Memory: none.
 */
#ifndef LOADGEN_BASE_SHA256_H
#define LOADGEN_BASE_SHA256_H

#include <stddef.h>

enum { SHA256_TEXT = 65 };

/* Writes the hash in lower-case hexadecimal. Returns `text`. */
const char *sha256_print(const void *bytes, size_t length, char text[SHA256_TEXT]);

#endif
