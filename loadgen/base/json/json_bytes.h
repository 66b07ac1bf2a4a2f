/*
 * json_bytes - converts any bytes to JSON without loss: to "text", or to {"base64": "..."} if they
 * are not UTF-8 or contain a NUL.
 *
 * Threads: pure functions. If memory runs out, the program ends (memory.h).
 */
#ifndef LOADGEN_BASE_JSON_JSON_BYTES_H
#define LOADGEN_BASE_JSON_JSON_BYTES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"

json_t *json_bytes(const char *bytes, size_t length);

/* Like json_bytes, for a NUL-terminated string. */
json_t *json_text(const char *text);

/* A string for people, up to the first NUL: each byte that is not UTF-8 becomes '?'. */
json_t *json_clean(struct slice text);

/*
 * Converts back: replaces the content of `out`, and adds a NUL that its length does not count.
 * False: `json` has neither form, or its base64 is invalid.
 */
bool json_bytes_read(const json_t *json, struct bytes *out);

#endif
