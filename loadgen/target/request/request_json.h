/*
 * request_json - converts a request to JSON and back.
 *
 *     {"head": "POST /users HTTP/1.1\r\nHost: a\r\n...\r\n\r\n", "number_at": 0,
 *      "body": {"sha256": "...", "size": 8, "path": "add_users.json"}}
 *
 * The head is sent as it is. The JSON has only the hash of the body, which is sent separately.
 * `path` is missing unless the body came from a file.
 * JSON is untrusted: the head must be one request, of lines that message.h could have written.
 *
 * Threads: pure functions. Memory: the JSON is the caller's. Errors: ERR_FAILED.
 */
#ifndef LOADGEN_TARGET_REQUEST_REQUEST_JSON_H
#define LOADGEN_TARGET_REQUEST_REQUEST_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"
#include "common/slice.h"
#include "loadgen/base/arena.h"
#include "loadgen/target/request/source.h"

/* The part of a request before its body, including the empty line. */
struct slice request_head(const struct request *request);

/* For workers. The key `body` is missing if there is no body; `file` is its path, or NULL. */
json_t *request_to_json(const struct request *request, const char *file);

/* {"sha256", "size"} of its body, with the "path" of its file unless `file` is NULL. NULL: it has
 * none. */
json_t *request_body_to_json(const struct request *request, const char *file);

/*
 * For users and result files: the headers as a list, with "***" instead of values that may be
 * secret (secret.h).
 */
json_t *request_headers_shown(const struct request *request);

/*
 * Fills in a request, except target, endpoint and row. `body` has the hash and size of the JSON.
 * The bytes are copied into the arena.
 */
bool request_from_json(const json_t *json, struct slice body, struct arena *arena,
                       struct request *request, struct err *err);

#endif
