/*
 * flight - a request that is in flight or waits to be sent, and the cookies of its hops. A result
 * that a script fires (events.h) is also a flight until listeners have seen it; it has no request.
 *
 * Threads: belongs to one thread. Memory: one block; flight_free.
 */
#ifndef LOADGEN_USERS_REQUEST_FLIGHT_H
#define LOADGEN_USERS_REQUEST_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"
#include "loadgen/http/send.h"
#include "loadgen/target/request/source.h"
#include "loadgen/users/message/cookies.h"

struct capture;
struct hop;
struct state;
struct user;

struct flight {
    struct flight *next; /* the next waiting request (outbox.h); NULL: none */
    struct user *user;
    struct state *state; /* the state that counts its memory (state_take) */
    size_t size;
    bool is_checked; /* the script judges the answer (judge.h) */
    int answer;      /* reference to the answer, for listeners (listeners.h); LUA_NOREF: none */
    size_t index;    /* of its answer in the list of parallel(), from 1; 0: a single request */
    struct request request;
    struct terms terms;     /* its context is the flight */
    struct slice method;    /* of a fired result: its type */
    struct slice name;      /* kept only for listeners */
    struct slice url;       /* as requested; empty for a fired result */
    struct cookie_url from; /* of the host that answers: after redirects, the last hop's */
    char *hop;              /* owns the bytes of `from` after a hop; NULL: no hop so far */
    char bytes[];           /* the request, the URL, the first host and the name */
};

/* Stores the cookies of an answer; `answer` NULL: there are none. */
void flight_take_cookies(const struct flight *flight, struct cookies *cookies,
                         const struct capture *answer);

/*
 * Call this before each hop (send.h). Stores the cookies of the redirecting answer, and replaces
 * the hop's Cookie header with the cookies of the jar, as Python's requests does: the answer may
 * have deleted some.
 */
void flight_hop(struct flight *flight, struct cookies *cookies, const struct capture *answer,
                struct hop *hop);

/* NULL is allowed. */
void flight_free(struct flight *flight);

#endif
