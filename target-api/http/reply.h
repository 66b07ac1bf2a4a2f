/*
 * reply - an answer before it becomes an MHD_Response: status, bytes, content type, Allow.
 *
 * A reply is a value. It owns its bytes until reply_release or answer_queue. If memory runs out,
 * each function returns reply_unavailable, which allocates nothing.
 *
 * Threads: one owner. Independent of libmicrohttpd.
 */
#ifndef TARGET_API_HTTP_REPLY_H
#define TARGET_API_HTTP_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "target-api/base/buffer.h"
#include "target-api/base/text.h"
#include "target-api/users/document.h"

enum { REPLY_MAX = 64 * 1024 * 1024 }; /* maximum bytes of a reply built in a buffer */

struct reply {
    unsigned status;
    const char *content_type; /* static */
    const char *allow;        /* static; the Allow header of a 405; NULL: none */
    const char *bytes;
    size_t len;
    void (*release)(void *owner); /* NULL: the bytes are static */
    void *owner;
    struct document *document; /* sent instead of `bytes`; NULL: none */
    uint64_t delay_ns;         /* before it is sent */
};

/* A reply of constant JSON. */
struct reply reply_static(unsigned status, const char *json);

/* 405; `allow` is a constant. */
struct reply reply_method_not_allowed(const char *allow);

/* Takes ownership of the reference. NULL: 503. */
struct reply reply_text(unsigned status, struct text *text);

/* Takes ownership of the reference. NULL: 503. */
struct reply reply_document(unsigned status, struct document *document);

/* Takes ownership of the buffer's bytes. 503 if the buffer has failed. */
struct reply reply_buffer(unsigned status, struct buffer *b, const char *content_type);

/* The 503 reply that is sent if memory runs out. */
struct reply reply_unavailable(void);

/*
 * Cache key: a pointer that differs for different replies (the constant, or the text while it is
 * referenced). NULL: do not cache.
 */
const void *reply_identity(const struct reply *reply);

/* Frees everything that the reply owns, and zeroes it. Do not call this after answer_queue. */
void reply_release(struct reply *reply);

extern const char reply_json[]; /* "application/json" */

#endif
