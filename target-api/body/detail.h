/*
 * detail - the 422 answer to an invalid request, in the format of FastAPI and pydantic 1:
 * {"detail":[{"loc":["body","id"],"msg":"field required","type":"value_error.missing"},...]}
 *
 * Threads: one owner. Memory: entries are added to the caller's buffer, which starts empty.
 */
#ifndef TARGET_API_BODY_DETAIL_H
#define TARGET_API_BODY_DETAIL_H

#include "target-api/base/buffer.h"
#include "target-api/body/json_error.h"
#include "target-api/http/reply.h"

enum detail_kind {
    DETAIL_MISSING,
    DETAIL_NONE, /* null in place of a value */
    DETAIL_INTEGER,
    DETAIL_STRING,
    DETAIL_OBJECT,
};

/* Adds an entry. `part` is "path", "query" or "body"; `field` NULL: the whole part. */
void detail_add(struct buffer *b, const char *part, const char *field, enum detail_kind kind);

/* Builds the 422 from the buffer, which must have at least one entry, and takes over its bytes. */
struct reply detail_reply(struct buffer *b);

/* A 422 with one entry. */
struct reply detail_reply_one(const char *part, const char *field, enum detail_kind kind);

/* The answer to a body that is not JSON. */
struct reply detail_reply_malformed(const char *why, struct json_position position,
                                    struct slice body);

#endif
