/*
 * percent - percent-encodes parts of URLs (RFC 3986, 2.1).
 *
 * Threads: pure functions. Memory: output is appended to the caller's buffer.
 */
#ifndef LOADGEN_BASE_TEXT_PERCENT_H
#define LOADGEN_BASE_TEXT_PERCENT_H

#include "common/slice.h"
#include "loadgen/base/bytes.h"

/* Length of an encoded byte: %XX. */
enum { PERCENT_GROWTH = 3 };

/* Appends the text with all bytes encoded except A-Z a-z 0-9 - . _ ~ */
void percent_encode(struct slice text, struct bytes *out);

/* Appends the decoded text. A % without two hexadecimal digits after it is copied unchanged. */
void percent_decode(struct slice text, struct bytes *out);

#endif
