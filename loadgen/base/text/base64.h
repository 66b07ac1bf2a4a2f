/*
 * base64 - encodes and strictly decodes base64: the standard alphabet with padding (RFC 4648, 4).
 *
 * Strict: whole groups of four, padding only at the end, no white space, unused bits zero. So
 * decoding a string and encoding the result gives the same string.
 *
 * Threads: pure functions. Memory: output is appended to the caller's buffer.
 */
#ifndef LOADGEN_BASE_TEXT_BASE64_H
#define LOADGEN_BASE_TEXT_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/base/bytes.h"

/* True if the text is valid. */
bool base64_is_valid(const char *text, size_t length);

/*
 * Appends the decoded bytes. False if the text is invalid or memory runs out (out->has_failed);
 * `out` may then hold part of them.
 */
bool base64_decode(const char *text, size_t length, struct bytes *out);

/* Appends the encoded text. */
void base64_encode(const void *data, size_t length, struct bytes *out);

#endif
