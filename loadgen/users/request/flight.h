/*
 * flight - a request that is in flight or waits to be sent, and the cookies of its hops.
 *
 * Threads: belongs to one thread. Memory: one block; flight_free.
 */
#ifndef LOADGEN_USERS_REQUEST_FLIGHT_H
#define LOADGEN_USERS_REQUEST_FLIGHT_H

#include "common/slice.h"
#include "loadgen/http/send.h"
#include "loadgen/target/request/source.h"
#include "loadgen/users/request/cookies.h"

struct capture;
struct hop;
struct state;
struct user;

struct flight {
    struct flight *next; /* the next waiting request (outbox.h); NULL: none */
    struct user *user;
    struct state *state; /* whose memory it is part of (state_take) */
    size_t size;
    size_t place; /* index of its answer in the list of parallel(), from 1; 0: a single request */
    struct request request;
    struct terms terms;       /* its context is the flight */
    struct slice url;         /* as requested */
    struct cookie_place from; /* of the host that answers: after redirects, the last hop's */
    char *hop;                /* owns the bytes of `from` after a hop; NULL: no hop so far */
    char bytes[];             /* the request, the URL and the first host */
};

/* Stores the cookies of an answer; `answer` NULL: there are none. */
void flight_take_cookies(const struct flight *flight, struct cookies *cookies,
                         const struct capture *answer);

/*
 * Does the same for an answer that redirects, before each hop (send.h), and sets the hop's cookies
 * to those of the jar alone, as in Python's requests: the redirect may have deleted some.
 */
void flight_hop(struct flight *flight, struct cookies *cookies, const struct capture *answer,
                struct hop *hop);

/* NULL is allowed. */
void flight_free(struct flight *flight);

#endif
