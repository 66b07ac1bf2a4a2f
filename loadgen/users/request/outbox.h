/*
 * outbox - the requests of one user's script, and the results that wait for its judgement
 * (judge.h) or for listeners (listeners.h).
 *
 *     outbox_add, outbox_add ... outbox_send -> in flight -> outbox_end -> held -> outbox_record
 *         -> judged -> outbox_take_judged -> shown to the listeners -> outbox_count
 *
 * A result is held only if the script checks the answer. Without listeners, a judged result is
 * counted immediately.
 *
 * At most OUTBOX_AT_ONCE requests are in flight, so a user has at most that many connections per
 * host. Further requests wait, and that time counts as wait, not as lag (docs/measurement.md).
 *
 * The intended time of a request is asked - (resumed - ready) (user.h).
 *
 * Threads: belongs to one thread. Memory: set seat and class, zero the rest; outbox_drop and
 * outbox_record free its content.
 */
#ifndef LOADGEN_USERS_REQUEST_OUTBOX_H
#define LOADGEN_USERS_REQUEST_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/http/exchange.h"

struct class;
struct flight;
struct seat;

enum { OUTBOX_AT_ONCE = 10 };

/* A result that is not counted yet. */
struct held {
    struct held *next; /* in the order of their answers; NULL: none */
    struct exchange exchange;
    struct flight *flight;
};

struct outbox {
    struct seat *seat;
    const struct class *class; /* its results belong to rows of this class */
    uint64_t ready_ns;
    uint64_t resumed_ns;
    uint64_t asked_ns;
    unsigned in_flight;
    bool is_cut_short;      /* the run may start no more requests (goal.h): the rest was dropped */
    struct flight *waiting; /* NULL: none */
    struct held *held;      /* NULL: none */
    struct held *judged;    /* results that listeners have not seen yet, oldest first */
    struct held **last_judged; /* where the next one is linked; NULL: &judged */
    struct held *shown;        /* the result that listeners are seeing; NULL: none */
};

/* Queues a request and takes ownership of it. */
void outbox_add(struct outbox *outbox, struct flight *flight);

/*
 * Sends the queued requests. Call this when the script has issued all of them, and listeners have
 * seen what it has judged before.
 */
void outbox_send(struct outbox *outbox);

/* Frees the requests that have not been sent. */
void outbox_drop(struct outbox *outbox);

/*
 * Call this when a request has ended. Holds its result if the script judges it, and sends the next
 * waiting request.
 */
void outbox_end(struct outbox *outbox, struct flight *flight, const struct exchange *exchange);

/* Adds a result that the script fires, and takes ownership of its flight. */
void outbox_fire(struct outbox *outbox, struct flight *flight, const struct exchange *exchange);

/* The result with this number that may be judged now; NULL: none. */
struct held *outbox_find(const struct outbox *outbox, uint64_t number);

/* Ends the judging of a held result; NULL: of all held results. */
void outbox_record(struct outbox *outbox, struct held *held);

/* The oldest result that listeners have not seen yet; NULL: none. Pass it to outbox_count. */
struct held *outbox_take_judged(struct outbox *outbox);

/* Counts a result, and frees it. */
void outbox_count(const struct outbox *outbox, struct held *held);

#endif
