/*
 * names - the hosts that resolver.c asks for: what is known of each, who waits, and when to ask
 * again.
 *
 *     unknown  --answer-->  known  --"no such host"-->  failed
 *         \__no answer, or none in time____________________^
 *
 * For resolver.c alone; its header says how an answer ages, and what is done without one.
 *
 * Threads: as resolver.h. Memory: a name belongs to its place, and must stay where it is.
 */
#ifndef LOADGEN_NET_NAMES_H
#define LOADGEN_NET_NAMES_H

#include "loadgen/net/dns.h"
#include "loadgen/net/resolver.h"

enum name_state {
    NAME_UNKNOWN, /* nothing was heard yet */
    NAME_KNOWN,
    NAME_FAILED,
};

/* A host that is asked for, for one place. */
struct name {
    struct names *names;
    struct place *place;
    char *host;
    uint16_t port;
    struct peers peers;
    enum name_state state;
    bool is_fixed;               /* a number: there is nothing to ask */
    bool is_wanted;              /* is to be asked for, in the queue */
    bool is_asked;               /* a question is open */
    bool has_news;               /* there is something to tell those who wait */
    uint64_t wanted_ns;          /* since when; UINT64_MAX: not, or it was given up */
    uint64_t again_ns;           /* failed: not to be asked for before */
    uint64_t refresh_ns;         /* to be asked for then, by itself; UINT64_MAX: never */
    uint64_t balance_ns;         /* the next step; UINT64_MAX: it is even */
    struct resolver_wait *waits; /* last one first */
    struct name *next;           /* of all */
    struct name *next_wanted;
    char problem[DNS_PROBLEM];
};

/* What all names have in common. */
struct names {
    const struct resolver_config *config; /* the resolver's */
    struct loop *loop;
    struct dns *dns; /* NULL: nothing was asked yet */
    uint64_t deadline_ns;
    uint64_t changes; /* of addresses, and steps of balancing */
    size_t asked;     /* open questions */
    struct name *all;
    struct name *wanted; /* first wanted first */
    struct name **wanted_end;
};

void names_init(struct names *names, const struct resolver_config *config, struct loop *loop);
void names_fini(struct names *names); /* before the names themselves */

/*
 * A name of a place, which is asked for at once: or none if `fixed` is an address, or the host a
 * number. False: no memory; it needs a name_fini all the same, if the place has counted it.
 */
bool name_init(struct name *name, struct names *names, struct place *place, const char *host,
               uint16_t port, const struct address *fixed);
void name_fini(struct name *name);

/* resolver_next, of this name. */
enum lookup name_next(struct name *name, struct resolver_wait *wait, struct peer **peer);

uint64_t names_next_deadline_ns(const struct names *names);
void names_expire(struct names *names, uint64_t now_ns);

/* Is something known of each? */
bool names_are_quiet(const struct names *names);

#endif
