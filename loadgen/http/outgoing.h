/*
 * outgoing - a request's bytes on their way into a socket, with its number put in.
 *
 * Requests are built once and shared by all threads; what differs from one sending to the next is
 * the number of the request (X-Vegeta-Seq), whose digits go into a place that the request names. A
 * request that fits is put together in a scratch buffer and sent with one `send`; a larger one goes
 * as three pieces with one `sendmsg`. What a short send left over is produced again from the same
 * number.
 *
 * Threads: pure but for the scratch, which belongs to the caller's thread. Memory: none.
 */
#ifndef LOADGEN_HTTP_OUTGOING_H
#define LOADGEN_HTTP_OUTGOING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loadgen/target/source.h"

enum { OUTGOING_SCRATCH = 16384 };

/*
 * Sends from byte `written` on, without waiting. Returns as send(2) does, with errno. *length
 * becomes the bytes of the request with its number.
 */
ssize_t outgoing_send(int fd, const struct request *request, uint64_t number, size_t written,
                      char scratch[OUTGOING_SCRATCH], size_t *length);

struct outgoing_piece {
    const char *bytes; /* the request's own, or in the scratch */
    size_t length;
};

/* As outgoing_send, for who sends by himself: bytes from `written` on, some or all. */
struct outgoing_piece outgoing_piece(const struct request *request, uint64_t number, size_t written,
                                     char scratch[OUTGOING_SCRATCH], size_t *length);

/* Writes all of it into `buffer`, and returns its length; 0 when it does not fit. */
size_t outgoing_write(const struct request *request, uint64_t number, char *buffer, size_t size);

#endif
