/*
 * tries - counts wrong tokens. After TRIES_MAX of them within TRIES_S seconds, further wrong tokens
 * get status 429 until the end of these seconds. Tokens in `Authorization: Bearer` and in logins
 * count; cookies do not, because they may just be old.
 *
 * This does not stop guessing. All clients share one count, so no memory is needed per client. The
 * right token is always accepted; otherwise, any client could lock out all others. So the limit
 * does not slow down a client that guesses; only the length of the token does.
 *
 * Threads: one. Memory: a plain value; zero is the start.
 */
#ifndef LOADGEN_WEB_ACCESS_TRIES_H
#define LOADGEN_WEB_ACCESS_TRIES_H

#include <stdint.h>

enum { TRIES_MAX = 5, TRIES_S = 60 };

struct tries {
    uint64_t begin_ns; /* when the first one arrived */
    unsigned count;
};

/* Counts a wrong token. Returns the seconds until the client may retry; 0: below the limit. */
unsigned tries_add(struct tries *tries, uint64_t now_ns);

#endif
