/*
 * outgoing - sends a request's bytes with its number inserted.
 *
 * Requests are built once and shared by all threads. Only the number (X-Vegeta-Seq) differs each
 * time; its digits are inserted at request->sequence_at. A request in one piece without a number is
 * sent from its own bytes. Any other request that fits into a scratch buffer is assembled there and
 * sent with one `send`; if it does not fit, its pieces are sent with one `sendmsg`. After a short
 * send, the request is assembled again, with the same number.
 *
 * Threads: no state; the scratch belongs to the calling thread. Memory: none.
 */
#ifndef LOADGEN_HTTP_OUTGOING_H
#define LOADGEN_HTTP_OUTGOING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loadgen/target/request/source.h"

enum { OUTGOING_SCRATCH = 16384 };

/*
 * Sends from byte `written` on; `fd` must be non-blocking. Returns what send(2) returns, with
 * errno. *length becomes the length of the request with its number.
 */
ssize_t outgoing_send(int fd, const struct request *request, uint64_t number, size_t written,
                      char scratch[OUTGOING_SCRATCH], size_t *length);

struct outgoing_piece {
    const char *bytes; /* the request's own, or in the scratch */
    size_t length;
};

/* Returns some or all bytes from `written` on, for callers that send them themselves. */
struct outgoing_piece outgoing_piece(const struct request *request, uint64_t number, size_t written,
                                     char scratch[OUTGOING_SCRATCH], size_t *length);

/* Writes the whole request into `buffer`. Returns its length; 0 if it does not fit. */
size_t outgoing_write(const struct request *request, uint64_t number, char *buffer, size_t size);

#endif
