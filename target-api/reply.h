/*
 * reply - an answer, before libmicrohttpd sees it: status, bytes, content type, Allow.
 *
 * A reply is a value. It owns its bytes until reply_release is called or until it is handed to
 * answer_queue. When memory runs out, every function here returns the 503 instead, which needs
 * none.
 *
 * Threads: one owner. Nothing here knows HTTP's framing or libmicrohttpd.
 */
#ifndef TARGET_API_REPLY_H
#define TARGET_API_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "target-api/buffer.h"
#include "target-api/document.h"
#include "target-api/text.h"

enum { REPLY_MAX = 64 * 1024 * 1024 }; /* of what is written piece by piece */

struct reply {
    unsigned status;
    const char *content_type; /* static */
    const char *allow;        /* static; the one method of a 405; NULL: no such header */
    const char *bytes;
    size_t len;
    void (*release)(void *owner); /* NULL: the bytes are static */
    void *owner;
    struct document *document; /* instead of bytes; NULL: there are bytes */
    uint64_t delay_ns;         /* to wait before it is sent */
};

/* JSON that is a constant of the program. */
struct reply reply_static(unsigned status, const char *json);

/* 405; `allow` is a constant of the program. */
struct reply reply_method_not_allowed(const char *allow);

/* Takes the reference over. NULL: 503. */
struct reply reply_text(unsigned status, struct text *text);

/* Takes the reference over. NULL: 503. */
struct reply reply_document(unsigned status, struct document *document);

/* Takes the buffer's bytes over. A buffer that failed: 503. */
struct reply reply_buffer(unsigned status, struct buffer *b, const char *content_type);

/* Out of memory. */
struct reply reply_unavailable(void);

/*
 * What tells this reply from all others that are not the same: a constant, or a text that lives as
 * long as somebody holds it. NULL: nothing does.
 */
const void *reply_identity(const struct reply *reply);

/* Frees what the reply owns. Not after it was handed over. */
void reply_release(struct reply *reply);

extern const char reply_json[]; /* "application/json" */

#endif
