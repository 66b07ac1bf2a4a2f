/*
 * json_headers - reads headers as vegeta writes them in JSON: {"Accept": ["text/html"]}. An array
 * may be null, and so may the whole object.
 *
 * Threads: pure functions.
 */
#ifndef LOADGEN_BASE_JSON_JSON_HEADERS_H
#define LOADGEN_BASE_JSON_JSON_HEADERS_H

#include <jansson.h>
#include <stdbool.h>

/* Receives one header; `value` is a JSON string. Returns false to stop. */
typedef bool json_header_add(void *to, const char *name, const json_t *value);

/*
 * Calls `add` for each value, in order. Stops and returns false if the JSON does not have the form
 * above, or if `add` returns false. `headers` NULL: no headers.
 */
bool json_headers_each(json_t *headers, json_header_add *add, void *to);

#endif
