/*
 * answer - converts a reply to an MHD_Response and queues it.
 *
 * Each thread caches the responses of recent constant replies, because creating a response is most
 * of the cost of an answer outside the kernel. Threads do not share a cache, because its lock would
 * be contended.
 *
 * Threads: only the thread that serves the connection, from its handler.
 */
#ifndef TARGET_API_HTTP_ANSWER_H
#define TARGET_API_HTTP_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>

#include "target-api/http/reply.h"

enum {
    ANSWERS_CACHED = 128,      /* entries */
    ANSWERS_LEN_MAX = 4096,    /* bytes; longer replies gain nothing from the cache */
    ANSWERS_BLOCK = 32 * 1024, /* bytes; the unit in which large documents are copied */
};

/*
 * A thread's cache; start with zeroes. A cached response keeps a reference to its text, so its
 * identity (reply_identity) stays unique.
 */
struct answers {
    struct {
        const void *identity;
        struct MHD_Response *response;
    } cached[ANSWERS_CACHED];
};

void answers_fini(struct answers *answers);

/*
 * Queues the reply and takes ownership of it. `answers` NULL: without the cache. The handler must
 * return the result; MHD_NO closes the connection without an answer.
 */
enum MHD_Result answer_queue(struct answers *answers, struct MHD_Connection *connection,
                             struct reply *reply);

/* Like answer_queue without the cache; the connection is closed after the answer. */
enum MHD_Result answer_queue_last(struct MHD_Connection *connection, struct reply *reply);

#endif
