/*
 * tries - tells clients with wrong tokens to wait: after TRIES_MAX wrong ones within TRIES_S
 * seconds, further wrong ones are told to retry when these seconds are over. Those of Bearer and of
 * logins are counted, not those of cookies, which may just be old.
 *
 * This does not stop guessing. All clients are counted together, so that the count takes no memory
 * per client. For the same reason the right token is always accepted: otherwise anyone could lock
 * everyone out. So who guesses learns which token is right as fast as without a limit; the length
 * of the token is what protects.
 *
 * Threads: one. Memory: a plain value; zero is the start.
 */
#ifndef LOADGEN_WEB_ACCESS_TRIES_H
#define LOADGEN_WEB_ACCESS_TRIES_H

#include <stdint.h>

enum { TRIES_MAX = 5, TRIES_S = 60 };

struct tries {
    uint64_t begin_ns; /* of the first of those that count */
    unsigned count;
};

/* Counts a wrong token. Returns the seconds to wait; 0: there were not too many. */
unsigned tries_add(struct tries *tries, uint64_t now_ns);

#endif
