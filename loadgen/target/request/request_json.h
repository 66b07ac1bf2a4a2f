/*
 * request_json - converts a request to JSON and back.
 *
 *     {"head": "POST /users HTTP/1.1\r\nHost: a\r\n...\r\n\r\n", "number_at": 0,
 *      "body": {"sha256": "...", "size": 8, "path": "add_users.json"}}
 *
 * The head is what the target receives. `number_at` is the offset in the head at which the
 * request's number is inserted; 0: nowhere. The JSON has only the hash, the size and the path of
 * the body; its bytes are passed separately. `path` is missing unless the body came from a file.
 * The JSON is untrusted: the head must be that of one request, in lines that message.h could have
 * written.
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

/* {"sha256", "size"} of the request's body, and "path" unless `file` is NULL. Returns NULL if the
 * request has no body. */
json_t *request_body_to_json(const struct request *request, const char *file);

/*
 * For result files: the headers as a list of lines, with "***" instead of values that may be
 * secret (secret.h).
 */
json_t *request_headers_shown(const struct request *request);

/*
 * Fills in a request, except target, endpoint, row and is_constant, which the caller sets. All
 * other fields must be zero. `body` must be the body with the hash and size in the JSON. The bytes
 * are copied into the arena.
 */
bool request_from_json(const json_t *json, struct slice body, struct arena *arena,
                       struct request *request, struct err *err);

#endif
