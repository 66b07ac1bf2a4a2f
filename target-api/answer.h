/*
 * answer - hands a reply to libmicrohttpd.
 *
 * Making an MHD_Response is most of what an answer costs beside the kernel, so each thread keeps
 * those of the replies that it gave last. They are not shared between threads: one that is shared
 * is a lock that all threads meet.
 *
 * Threads: the one that serves the connection, from its handler.
 */
#ifndef TARGET_API_ANSWER_H
#define TARGET_API_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>

#include "target-api/reply.h"

enum {
    ANSWERS_KEPT = 128,     /* a power of two */
    ANSWERS_LEN_MAX = 4096, /* bytes; what is longer costs more to send than to make */
};

/* A thread's; begins with zeroes. The response of a text holds it, so no other has its address. */
struct answers {
    struct {
        const void *identity;
        struct MHD_Response *response;
    } kept[ANSWERS_KEPT];
};

void answers_fini(struct answers *answers);

/*
 * Takes the reply over. `answers` NULL: nothing is kept. MHD_NO, to be returned by the handler,
 * closes the connection without an answer.
 */
enum MHD_Result answer_queue(struct answers *answers, struct MHD_Connection *connection,
                             struct reply *reply);

/* The same, and the connection ends with this answer. */
enum MHD_Result answer_queue_last(struct MHD_Connection *connection, struct reply *reply);

#endif
