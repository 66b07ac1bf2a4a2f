/*
 * peers - the addresses of a name, and the rotation of connections over them.
 *
 * IPv6 and IPv4 addresses alternate, IPv6 first, each family in numerical order, regardless of
 * their order in the answer. New peers, and peers with fewer connections than their share (a
 * deficit), go to the front of the rotation.
 *
 * A family is excluded if a connect to it fails before any has succeeded, and the name has
 * addresses of the other family. It stays excluded until the addresses change, or until the other
 * family fails in the same way. So requests do not fail merely because IPv6 is unreachable. All
 * other peers get their turn, even if they refuse connections.
 *
 * Bookkeeping only: it resolves, opens and closes nothing.
 *
 * Threads: belongs to one thread; the address list is shared. Memory: peers_fini. A struct peer
 * never moves; once its address is gone and it has no connections, it is reused for a new address.
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
    struct peers *peers;    /* owner */
    struct address address; /* with its number in the run's list, as in exchange.address */
    uint64_t open;          /* connections */
    uint64_t deficit;       /* connections to open to it ahead of the rotation */
    uint64_t surplus;       /* connections to close once they are idle */
    bool is_gone;           /* no longer an address of the name */
    bool is_new;            /* never used so far */
    bool is_failing;        /* the last connect failed */
    struct peer *next;      /* in the list of all peers */
};

struct peers {
    struct peer **list; /* the addresses of the last answer, in rotation order */
    size_t count;
    size_t turn;              /* modulo count: index of the next peer in rotation */
    struct peer *all;         /* including those that are gone */
    bool is_set;              /* the name was resolved at least once */
    bool has_connected[2];    /* a connect has succeeded; [0]: IPv4, [1]: IPv6 */
    int excluded;             /* the excluded family, AF_INET or AF_INET6; 0: none */
    uint64_t failed_connects; /* number of failed connects */
    uint64_t *total_deficit;  /* the sum over all peers; belongs to the owner */
};

void peers_init(struct peers *peers, uint64_t *total_deficit);
void peers_fini(struct peers *peers);

enum peers_change { PEERS_SAME, PEERS_CHANGED, PEERS_NO_MEMORY };

/*
 * Replaces the addresses; sorts `addresses` and removes duplicates, in place. On the first call,
 * the rotation starts at the part of the list that belongs to `thread` (of `threads`).
 * PEERS_NO_MEMORY: the peers are unchanged.
 */
enum peers_change peers_set(struct peers *peers, struct address *addresses, size_t count,
                            struct address_list *list, unsigned thread, unsigned threads);

/* The peer for the next connection, which counts as open immediately. The list must not be empty.
 */
struct peer *peers_next(struct peers *peers);

/*
 * Report the outcome of a connect. peer_connect_failed returns true if the peer's family is now
 * excluded, so another peer should be tried.
 */
void peer_connected(struct peer *peer);
bool peer_connect_failed(struct peer *peer);

/* True if any connect to an address of this name in the peer's family has ever succeeded. */
bool peer_has_worked(const struct peer *peer);

/* The number of peers whose family is not excluded. */
size_t peers_usable_count(const struct peers *peers);

/* Reports that a connection is closed, or that its connect failed. */
void peer_release(struct peer *peer);

/*
 * Requests a connection to the peer, ahead of the rotation. Does nothing if one is already
 * requested, if the last connect failed, or if the peer is gone or its family excluded.
 */
void peer_add_deficit(struct peer *peer);

/*
 * Requests a connection to every peer that has none, even if its last connect failed, but not to
 * peers of an excluded family. So an address that was down regains its share when it is back.
 */
void peers_revive(struct peers *peers);

/* True if any peer has a deficit. */
bool peers_have_deficit(const struct peers *peers);

/*
 * Moves connections from the peers with the most to those with the fewest, by setting their surplus
 * and deficit. Peers whose last connect failed get none. The limit per call is a tenth of all
 * connections, but at least 1 and at most 100. False if there was nothing to move.
 */
bool peers_balance(struct peers *peers);

/* True if an idle connection to this peer should be closed. */
static inline bool peer_is_surplus(const struct peer *peer)
{
    return peer->surplus > 0 || peer->is_gone;
}

#endif
