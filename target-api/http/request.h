/*
 * request - a request to the API port, from its request line to the end of its answer.
 *
 * The URI is decoded as the sample app's server decodes it. request_create drops http://HOST and
 * decodes %XX in the path. request_query decodes `+` and %XX in the query, whose fields are
 * separated by `&`; if a field is repeated, the last one counts. An invalid %XX stays undecoded; a
 * decoded NUL or slash is a byte like any other.
 *
 * The body is collected up to its limit. Further bytes are read and discarded, up to
 * REQUEST_DROPPED_MAX, so that the client can read the 413.
 *
 * Threads: the serving thread. Memory: request_create to request_destroy; slices are valid until
 * then unless stated otherwise.
 */
#ifndef TARGET_API_HTTP_REQUEST_H
#define TARGET_API_HTTP_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"
#include "target-api/base/buffer.h"
#include "target-api/http/reply.h"

enum {
    REQUEST_BODY_MAX = 1024 * 1024, /* bytes, unless request_limit sets another limit */
    REQUEST_DROPPED_MAX = 64 * 1024 * 1024,
};

/* Limits the total size of the request bodies in memory. */
struct request_budget {
    uint64_t limit_bytes;
    atomic_uint_fast64_t used_bytes;
};

struct request {
    const char *method;       /* NULL until the headers are read */
    const char *content_type; /* NULL: the header is absent or the body is empty */
    const char *uri_end;      /* address of the NUL after the URI passed to request_create */
    bool is_uri_bad;          /* the URI has blanks or control characters */
    struct slice path;        /* decoded */
    struct slice query;       /* as sent; empty: none */
    struct slice parameter;   /* the segment that matched {name} of the route */
    struct buffer body;
    struct request_budget *budget; /* NULL: none */
    bool is_crowded_out;           /* the body was discarded because the budget is used up */
    uint64_t begun_ns;             /* when the request line was read */
    bool has_reply;                /* `reply` and `route` are set; the reply is delayed */
    size_t route;
    struct reply reply;
    size_t dropped; /* bytes of the body that were discarded */
    char *scratch;  /* room for one decoded query field */
    char storage[];
};

/* NULL: out of memory. */
struct request *request_create(const char *uri);

/* Sets the limits. Call this before the first byte of the body. */
void request_limit(struct request *request, size_t body_max, struct request_budget *budget);

/* NULL is allowed. */
void request_destroy(struct request *request);

/* Adds a piece of the body. False: too much was discarded; close the connection. */
bool request_add_body(struct request *request, const char *bytes, size_t len);

/*
 * True if a part of the body was discarded: the body exceeded its limit or the budget
 * (is_crowded_out), or memory ran out.
 */
bool request_body_is_too_large(const struct request *request);

/*
 * The decoded value of a query field, valid until the next call; empty if the field has no `=`.
 * False: no such field.
 */
bool request_query(const struct request *request, const char *name, struct slice *value);

/* True if the Content-Type is application/json, application/...+json or missing. */
bool request_has_json_type(const struct request *request);

#endif
