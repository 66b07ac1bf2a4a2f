/*
 * resolver - where to connect to: the addresses of hosts, in turn, on a worker's loop.
 *
 *     place (host and port) -- -connect-to --> names -- dns.h --> peers (peers.h), in turn
 *
 * A place has one name, its host, or as many as -connect-to puts in its stead; connections go to
 * these in turn, and to the peers of each in turn. Each thread begins at another peer. Numbers and
 * unix sockets ask nobody.
 *
 * Nothing blocks. Who wants an address has it at once, or is called when the name servers have
 * answered; a name is asked for once, however many wait. What went wrong is a text in the words of
 * Go's resolver ("lookup api on 10.0.0.10:53: no such host"); it stands for RESOLVER_AGAIN_NS, and
 * whoever wants an address after that makes the name be asked for again, behind his back. Who has
 * waited RESOLVER_GIVE_UP_NS for servers that say nothing is told so.
 *
 * An answer is good for as long as -dns-ttl says: 0 is for ever; -1 is for those who wait for it
 * and nobody else; else the name is asked for again after that time, while the old addresses serve.
 * Then an answer that does not come changes nothing; but "no such host" is an answer.
 *
 * After each answer with such a time connections are balanced (peers_balance), in steps that are
 * RESOLVER_STEP_NS apart until they are even; peer_is_surplus says which ones to close when they
 * have nothing to do, and place_is_owed when to open one though another is idle.
 *
 * Threads: belongs to one thread and its loop; the address list is shared. ares_library_init must
 * have been called. Memory: everything lasts until resolver_destroy.
 */
#ifndef LOADGEN_NET_RESOLVER_H
#define LOADGEN_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/net/address_list.h"
#include "loadgen/net/connect_to.h"
#include "loadgen/net/loop.h"
#include "loadgen/net/peers.h"

#define RESOLVER_GIVE_UP_NS UINT64_C(10000000000)
#define RESOLVER_AGAIN_NS UINT64_C(1000000000)
#define RESOLVER_STEP_NS UINT64_C(100000000)
#define RESOLVER_NO_CACHE (-1)

struct resolver_config {
    const char *servers; /* "ip[:port],..."; NULL: those of /etc/resolv.conf */
    int64_t ttl_ns;      /* 0: for ever; RESOLVER_NO_CACHE */
    const struct connect_to *connect_to;
    size_t connect_to_count;
    const char *unix_socket;        /* where every place is; "": it is not */
    int family;                     /* AF_INET, AF_INET6: addresses of no other; AF_UNSPEC */
    bool is_balanced;               /* connections are kept, and may be moved */
    struct address_list *addresses; /* of the run */
    unsigned thread;                /* which of how many */
    unsigned threads;
};

struct resolver;
struct name;

/* A host and port to connect to. All but the first two are the resolver's own. */
struct place {
    uint64_t owed;        /* connections that should be opened whatever is idle */
    size_t address_count; /* with several, idle connections should be used in turn */
    struct name *names;
    size_t name_count;
    size_t turn;
    const struct name *failed; /* the one that had no address the last time */
    char *host;
    uint16_t port;
    struct place *next;
};

/* Embedded in whoever waits; must stay where it is until it is called or cancelled. */
struct resolver_wait {
    /* `peer` as from resolver_next; NULL: there is none. Called from resolver_expire alone. */
    void (*on_answer)(struct resolver_wait *wait, struct peer *peer);
    /* The resolver's own: */
    struct resolver_wait *next;
    struct resolver_wait **link; /* to this one; NULL: it does not wait */
    struct name *name;
};

/* ERR_FAILED when memory is short, ERR_USAGE for a unix socket with too long a name. */
struct resolver *resolver_create(const struct resolver_config *config, struct loop *loop,
                                 struct err *err);
void resolver_destroy(struct resolver *resolver); /* NULL is allowed */

/* The place of a host, name or number, and a port: begins to ask for it when it is new. NULL: no
 * memory. It stays where it is. */
struct place *resolver_find(struct resolver *resolver, const char *host, uint16_t port);

enum lookup {
    LOOKUP_DONE,   /* *peer is the next one; the connection counts as open: resolver_release */
    LOOKUP_FAILED, /* resolver_problem says why */
    LOOKUP_WAITS,  /* wait->on_answer will be called, if it is not cancelled before */
};

/* The address for a new connection. */
enum lookup resolver_next(struct place *place, struct resolver_wait *wait, struct peer **peer);

/* Wants no answer any more. Nothing happens when it does not wait. */
void resolver_cancel(struct resolver_wait *wait);

/* Why the last one who wanted an address of this place has none, or had to cancel. */
const char *resolver_problem(const struct place *place);

/* peer_made, peer_lost and peer_release say what came of the connection; when peer_lost is true,
 * another peer should be asked for. */

static inline bool place_is_owed(const struct place *place)
{
    return place->owed > 0;
}

/* The addresses of the place but for those of a family that is left out (peers.h). */
size_t place_usable_count(const struct place *place);

/* Grows when idle connections should be looked at, as some may have become surplus. */
uint64_t resolver_changes(const struct resolver *resolver);

/* When resolver_expire must be called, UINT64_MAX for never; and the call. */
uint64_t resolver_next_deadline_ns(const struct resolver *resolver);
void resolver_expire(struct resolver *resolver, uint64_t now_ns);

/*
 * Before a run: works until each place knows its addresses or why it has none, until it is time, or
 * until stop_fd (-1: none) is readable.
 */
void resolver_settle(struct resolver *resolver, uint64_t until_ns, int stop_fd);

#endif
