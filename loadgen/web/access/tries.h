/*
 * tries - counts wrong tokens. After TRIES_MAX of them within TRIES_S seconds, further ones get
 * status 429 until these seconds are over. Tokens in `Authorization: Bearer` and in logins count;
 * cookies do not, because they may just be old.
 *
 * This does not stop guessing. All clients share one count, so that it takes no memory per client.
 * Therefore the right token is always accepted: otherwise, any client could lock out all others. So
 * a guesser finds the right token as fast as without a limit. Only its length protects it.
 *
 * Threads: one. Memory: a plain value; zero is the start.
 */
#ifndef LOADGEN_WEB_ACCESS_TRIES_H
#define LOADGEN_WEB_ACCESS_TRIES_H

#include <stdint.h>

enum { TRIES_MAX = 5, TRIES_S = 60 };

struct tries {
    uint64_t begin_ns; /* when the first of them was sent */
    unsigned count;
};

/* Counts a wrong token. Returns the seconds until the client may retry; 0: below the limit. */
unsigned tries_add(struct tries *tries, uint64_t now_ns);

#endif
