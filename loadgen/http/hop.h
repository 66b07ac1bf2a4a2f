/*
 * hop - the request that follows an answer with a redirect, as every engine makes it.
 *
 * Threads: pure but for what it is given. Memory: the caller's.
 */
#ifndef LOADGEN_HTTP_HOP_H
#define LOADGEN_HTTP_HOP_H

#include "loadgen/http/engine.h"

enum { HOP_BYTES_MAX = 65536 }; /* of a request that follows a redirect */

/*
 * Makes the hop that `location` asks for after `sent` was answered with x->code by a place of that
 * scheme. Its bytes go into `bytes`; `scratch` is written over. Both have HOP_BYTES_MAX. False: it
 * cannot be followed, and x->reason says why.
 */
bool hop_make(const struct engine_config *config, struct exchange *x, const struct request *sent,
              bool is_https, const char *location, char *scratch, char *bytes,
              struct redirect *hop);

/* The exchange goes on: what came before counts as connecting. */
void hop_begin(struct exchange *x);

#endif
