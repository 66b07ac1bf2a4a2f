/*
 * owner - the connections of one user of a run, which are not shared with other users.
 *
 * A driver has a struct owner for each of its users, and passes it in the terms of each send
 * (send.h). Redirects use connections of the same owner. Connections are opened when needed, do not
 * count against connection limits, and are closed by owner_close.
 *
 * Threads: belongs to the thread of the engine. Memory: start with zeroes, owner_close.
 */
#ifndef LOADGEN_HTTP_OWNER_H
#define LOADGEN_HTTP_OWNER_H

struct origin;

struct owner {
    struct origin *first; /* its origins (origins.h); NULL: none so far */
};

/*
 * Closes the owner's connections. None of its exchanges may be in flight. Call this before the
 * engine is destroyed, and never from inside the engine (from `done`). The owner may be used again.
 */
void owner_close(struct owner *owner);

#endif
