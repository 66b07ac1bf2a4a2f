/*
 * request - one request of the first port, from its request line to the end of its answer.
 *
 * Takes the URI as it stood on the request line and decodes it by the rules of the sample app's
 * server: in the path %XX and nothing else; in the query `+` and %XX, fields parted by `&`, the
 * last of several of the same name counts. A %XX that is none stays as it is; a decoded NUL or
 * slash is a byte of the path like any other.
 *
 * The body is gathered up to REQUEST_BODY_MAX. What comes beyond is dropped, so that the client
 * gets to read its 413, but not without an end.
 *
 * Threads: the one that serves the connection. Memory: request_create to request_destroy; slices
 * live as long as the request, unless they say less.
 */
#ifndef TARGET_API_REQUEST_H
#define TARGET_API_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "target-api/buffer.h"
#include "target-api/slice.h"

enum {
    REQUEST_BODY_MAX = 1024 * 1024,
    REQUEST_DROPPED_MAX = 64 * 1024 * 1024,
};

struct request {
    const char *method;       /* NULL until the headers are read */
    const char *content_type; /* NULL: the header is absent */
    struct slice path;        /* decoded */
    struct slice query;       /* as it was sent; empty when there is none */
    struct slice parameter;   /* what stands for {...} in the route's template */
    struct buffer body;
    size_t dropped; /* bytes of the body that came beyond its limit */
    char *scratch;  /* room for one decoded query field */
    char storage[];
};

/* NULL: no memory. */
struct request *request_create(const char *uri);

/* NULL is allowed. */
void request_destroy(struct request *request);

/* Takes a piece of the body. False: it will not be read any further; close the connection. */
bool request_add_body(struct request *request, const char *bytes, size_t len);

/* The body was longer than REQUEST_BODY_MAX. */
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
