/*
 * answer - hands a reply to libmicrohttpd.
 *
 * Each answer is an MHD_Response of its own: one that is shared is a lock that all threads meet.
 *
 * Threads: the one that serves the connection, from its handler.
 */
#ifndef TARGET_API_ANSWER_H
#define TARGET_API_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>

#include "target-api/reply.h"

/*
 * Takes the reply over. `close`: the connection ends with this answer. MHD_NO, to be returned by
 * the handler, closes the connection without an answer.
 */
enum MHD_Result answer_queue(struct MHD_Connection *connection, struct reply *reply, bool close);

#endif
