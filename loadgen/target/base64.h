/*
 * base64 - the standard alphabet with padding (RFC 4648, section 4), strict both ways.
 *
 * Strict: whole groups of four, padding only at the end, no white space, no bits left over. So a
 * text that is decoded and encoded again is the same text.
 *
 * Threads, memory: pure functions; what is appended is the caller's.
 */
#ifndef LOADGEN_TARGET_BASE64_H
#define LOADGEN_TARGET_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "loadgen/target/bytes.h"

/* Is it base64? */
bool base64_is_valid(const char *text, size_t length);

/* Appends what the text stands for; false when it is none, `out` may have a part of it then. */
bool base64_decode(const char *text, size_t length, struct bytes *out);

/* Appends the text for these bytes. */
void base64_encode(const void *data, size_t length, struct bytes *out);

#endif
