/*
 * turns - chooses which of several addresses gets the next request.
 *
 * A turn is one address to which an engine keeps connections. Of the addresses that can take a
 * request now (ready), the one with the fewest requests so far is next; a new address starts level
 * with the others. So addresses share the load evenly, however many connections each has.
 *
 * An address that was unavailable for a while catches up by at most TURNS_CREDIT requests, so it is
 * not flooded when it recovers. An address that is more than TURNS_SLACK requests behind while all
 * its connections are in use (busy) needs another connection: turns_take_behind returns it, at most
 * once per completed request, so a stalled address collects no connections.
 *
 *     out -> ready <-> busy -> out (another connection was requested)
 *
 * All calls are O(log n) for n addresses, except turns_find: O(n), meant for new connections.
 *
 * Threads: belongs to one thread. Memory: turns_fini; allocates only for a new address. A turn does
 * not move.
 */
#ifndef LOADGEN_NET_TURNS_H
#define LOADGEN_NET_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/heap.h"
#include "loadgen/net/peers.h"

enum { TURNS_SLACK = 4, TURNS_CREDIT = 16 };

/* One address; the first member of the engine's own struct. */
struct turn {
    struct turn *next; /* in the list of all turns */
    struct peer *peer;
    struct heap_entry given; /* key: `now` when added, plus its requests since; see TURNS_CREDIT */
    struct heap *heap;       /* NULL: out */
};

struct turns {
    size_t size; /* of the engine's struct, in bytes */
    struct turn *all;
    size_t count; /* number of all turns */
    struct heap ready;
    struct heap busy;
    uint64_t now; /* the highest key that any turn had when it got a request */
};

/* Sets the size and zeroes the rest. */
static inline void turns_init(struct turns *turns, size_t size)
{
    *turns = (struct turns){.size = size};
}

void turns_fini(struct turns *turns);

/* Finds or adds the turn of this peer. A new turn is out, and the rest of its struct is zero. NULL:
 * out of memory. */
struct turn *turns_find(struct turns *turns, struct peer *peer);

/* Ready: can take a request. Busy: cannot until a request ends. Out: in neither heap. */
void turns_set_ready(struct turns *turns, struct turn *turn);
void turns_set_busy(struct turns *turns, struct turn *turn);
void turns_set_out(struct turn *turn);

/* The next turn; NULL: none is ready. */
struct turn *turns_first(const struct turns *turns);

/* Counts a request for this turn. */
void turns_count_request(struct turns *turns, struct turn *turn);

/*
 * Takes out and returns the busy turn that is furthest behind, if it is more than TURNS_SLACK
 * requests behind turns_first. NULL: there is none, or no turn is ready.
 */
struct turn *turns_take_behind(struct turns *turns);

#endif
