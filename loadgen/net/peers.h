/*
 * peers - the addresses of one name, and which of them the next connection goes to.
 *
 * IPv6 and IPv4 alternate, IPv6 first, each in the order of its numbers, whatever order a name
 * server has; connections go to them in turn. A peer that is new is due before the turn comes to
 * it, and so are those that are owed connections because others have too many (peers_balance).
 *
 * A family to which no connection was ever made is left out after the first failure as long as
 * there is another one: a host with a useless IPv6 address is no failing target. Beyond that every
 * peer gets its turn, whether it refuses or not.
 *
 * Only bookkeeping; it asks nobody, and opens and closes nothing.
 *
 * Threads: belongs to one thread; the address list is shared. Memory: peers_fini. A peer stays
 * where it is while a connection is counted to it; one that has gone and has none is used again.
 */
#ifndef LOADGEN_NET_PEERS_H
#define LOADGEN_NET_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/net/address.h"
#include "loadgen/net/address_list.h"

struct peers;

/* One address. Only peers.c writes to it. */
struct peer {
    struct peers *peers;    /* whose it is */
    struct address address; /* with its number in the run's list: what exchange.address says */
    uint64_t open;          /* connections */
    uint64_t owed;          /* that it should get out of turn */
    uint64_t surplus;       /* that should be closed when they are idle */
    bool is_gone;           /* is no address of the name any more */
    bool is_new;            /* it had no connection yet */
    bool is_failing;        /* the last one could not be made */
    struct peer *next;      /* of all that the name ever had, used again or not */
};

struct peers {
    struct peer **list; /* those of the last answer, in their order */
    size_t count;
    size_t turn;      /* whose it is */
    struct peer *all; /* those that have gone too */
    bool is_set;      /* there was an answer */
    bool is_made[2];  /* a connection, by family */
    int left_out;     /* AF_INET, AF_INET6: a family that does not work; 0: none */
    uint64_t *owed;   /* the sum of all owed; the owner's */
};

void peers_init(struct peers *peers, uint64_t *owed);
void peers_fini(struct peers *peers);

enum peers_change { PEERS_SAME, PEERS_CHANGED, PEERS_NO_MEMORY };

/*
 * These are the addresses now; sorts them. At the first time the turn begins at `thread` of
 * `threads` equal parts.
 */
enum peers_change peers_set(struct peers *peers, struct address *addresses, size_t count,
                            struct address_list *list, unsigned thread, unsigned threads);

/* The peer for the next connection, which is counted; there is one. */
struct peer *peers_next(struct peers *peers);

/* The connection was made; or was not: true when its family is left out from now on. */
void peer_made(struct peer *peer);
bool peer_lost(struct peer *peer);

/* How many there are but for those of the family that is left out. */
size_t peers_usable_count(const struct peers *peers);

/* A connection is closed, or was not made. */
void peer_release(struct peer *peer);

/* Is any of them owed a connection? */
bool peers_are_owed(const struct peers *peers);

/*
 * Lets the peers that have the most connections give some to those that have the fewest: a tenth of
 * all at most. False: they are as even as they can be.
 */
bool peers_balance(struct peers *peers);

/* Should a connection to this peer, which has nothing to do, be closed? */
static inline bool peer_is_surplus(const struct peer *peer)
{
    return peer->surplus > 0 || peer->is_gone;
}

#endif
