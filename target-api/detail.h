/*
 * detail - the 422 of a request that does not validate, in the words of FastAPI and pydantic 1:
 * {"detail":[{"loc":["body","id"],"msg":"field required","type":"value_error.missing"},...]}
 *
 * Threads: one owner. Memory: the entries gather in a buffer of the caller's, which starts empty.
 */
#ifndef TARGET_API_DETAIL_H
#define TARGET_API_DETAIL_H

#include "target-api/buffer.h"
#include "target-api/json_where.h"
#include "target-api/reply.h"

enum detail_kind {
    DETAIL_MISSING,
    DETAIL_NONE, /* null where a value is needed */
    DETAIL_INTEGER,
    DETAIL_STRING,
    DETAIL_OBJECT,
    DETAIL_KEYWORDS, /* of a list of pairs: a key that is no string */
    DETAIL_SELF,     /* a key that pydantic cannot take */
    DETAIL_SURROGATE,
};

/* Adds an entry. `place` is "path", "query" or "body"; `field` NULL: all of the place. */
void detail_add(struct buffer *b, const char *place, const char *field, enum detail_kind kind);

/* The answer, with at least one entry. Takes the buffer's bytes over. */
struct reply detail_reply(struct buffer *b);

/* The answer with one entry. */
struct reply detail_reply_one(const char *place, const char *field, enum detail_kind kind);

/* The answer to a body that is not JSON. */
struct reply detail_reply_malformed(const struct json_where *where, struct slice body);

#endif
