/*
 * request - one request of the first port, from its request line to the end of its answer.
 *
 * Takes the URI as it stood on the request line and decodes it by the rules of the sample app's
 * server: in the path %XX and nothing else; in the query `+` and %XX, fields parted by `&`, the
 * last of several of the same name counts. A %XX that is none stays as it is; a decoded NUL or
 * slash is a byte of the path like any other.
 *
 * The body is gathered up to its limit. What comes beyond is dropped, so that the client gets to
 * read its 413, but not without an end.
 *
 * Threads: the one that serves the connection. Memory: request_create to request_destroy; slices
 * live as long as the request, unless they say less.
 */
#ifndef TARGET_API_REQUEST_H
#define TARGET_API_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target-api/buffer.h"
#include "target-api/reply.h"
#include "target-api/slice.h"

enum {
    REQUEST_BODY_MAX = 1024 * 1024, /* unless request_limit says otherwise */
    REQUEST_DROPPED_MAX = 64 * 1024 * 1024,
};

/* The bytes that the bodies of all requests under way may have together. */
struct request_budget {
    uint64_t limit_bytes;
    atomic_uint_fast64_t used_bytes;
};

struct request {
    const char *method;       /* NULL until the headers are read */
    const char *content_type; /* NULL: the header is absent */
    struct slice path;        /* decoded */
    struct slice query;       /* as it was sent; empty when there is none */
    struct slice parameter;   /* what stands for {...} in the route's template */
    struct buffer body;
    struct request_budget *budget; /* NULL: none */
    bool is_crowded_out;           /* the body was dropped for the sake of others */
    uint64_t begun_ns;             /* when its first line was read */
    bool has_reply;                /* `reply` waits for its moment, for the route */
    size_t route;
    struct reply reply;
    size_t dropped; /* bytes of the body that came beyond its limit */
    char *scratch;  /* room for one decoded query field */
    char storage[];
};

/* NULL: no memory. */
struct request *request_create(const char *uri);

/* Before the first byte of the body. */
void request_limit(struct request *request, size_t body_max, struct request_budget *budget);

/* NULL is allowed. */
void request_destroy(struct request *request);

/* Takes a piece of the body. False: it will not be read any further; close the connection. */
bool request_add_body(struct request *request, const char *bytes, size_t len);

/* The body was longer than its limit. */
bool request_body_is_too_large(const struct request *request);

/*
 * The decoded value of a query field, valid until the next call; a field without `=` is empty.
 * False: there is no such field.
 */
bool request_query(const struct request *request, const char *name, struct slice *value);

/* The body is JSON by its Content-Type: application/json, application/...+json, or no type at all.
 */
bool request_has_json_type(const struct request *request);

#endif
