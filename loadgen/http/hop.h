/*
 * hop - the request that follows a redirect, for all engines.
 *
 * Threads: no state. Memory: the caller's.
 */
#ifndef LOADGEN_HTTP_HOP_H
#define LOADGEN_HTTP_HOP_H

#include "loadgen/http/engine.h"

enum { HOP_BYTES_MAX = 65536 }; /* of a hop's request, without its body */

/* A hop, as passed to on_hop (send.h), which may change its headers before it is sent. */
struct hop {
    const struct redirect_origin *from; /* the origin that answered */
    const struct redirect *to;
    /* Private: */
    struct request *request; /* of `to` */
    char *bytes;             /* the request's buffer of HOP_BYTES_MAX bytes */
    bool is_short;           /* the buffer was too short for a header */
};

/*
 * Sets a header of the hop and removes all others of this name; value NULL: only removes them. Name
 * and value must be valid (RFC 9110). If the header does not fit into HOP_BYTES_MAX, the exchange
 * fails.
 */
void hop_set_header(struct hop *hop, const char *name, const char *value);

/* False if redirects are disabled or the Location is blank: the answer is then final. */
bool hop_is_wanted(const struct exchange *x, const char *location);

/*
 * Builds the request for `location` in `bytes`, after `from` has answered `sent` with x->code.
 * `bytes` and `scratch`, which is overwritten, have HOP_BYTES_MAX bytes. The body is not copied: it
 * stays in x->request. `answer` is the captured part of the answer. False: the redirect cannot be
 * followed, and x->reason says why.
 */
bool hop_make(struct exchange *x, const struct request *sent, const struct redirect_origin *from,
              const char *location, const struct capture *answer, char *scratch, char *bytes,
              struct redirect *to);

/* Resets the exchange for the hop and counts the redirect. The time so far counts as connecting. */
void hop_begin(struct exchange *x);

#endif
