/*
 * outbox - the requests of one user's script, and the results that wait for its judgement
 * (judge.h).
 *
 *     outbox_add, outbox_add ... outbox_send -> in flight -> outbox_end -> held -> outbox_record
 *
 * At most OUTBOX_AT_ONCE requests are in flight, so a user has at most that many connections per
 * host. Further requests wait, and that time counts as wait, not as lag (docs/measurement.md).
 *
 * The intended time of a request is asked - (resumed - ready) (user.h).
 *
 * Threads: belongs to one thread. Memory: set the seat, zero the rest; outbox_drop and
 * outbox_record free its content.
 */
#ifndef LOADGEN_USERS_REQUEST_OUTBOX_H
#define LOADGEN_USERS_REQUEST_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/http/exchange.h"

struct flight;
struct seat;

enum { OUTBOX_AT_ONCE = 10 };

/* A result that is not judged yet. */
struct held {
    struct held *next; /* in the order of their answers; NULL: none */
    struct exchange exchange;
    struct flight *flight;
};

struct outbox {
    struct seat *seat;
    uint64_t ready_ns;
    uint64_t resumed_ns;
    uint64_t asked_ns;
    unsigned in_flight;
    bool is_cut_short;      /* the run may start no more requests (goal.h): the rest was dropped */
    struct flight *waiting; /* NULL: none */
    struct held *held;      /* NULL: none */
};

/* Queues a request and takes ownership of it. */
void outbox_add(struct outbox *outbox, struct flight *flight);

/* Sends the queued requests. Call this when the script has issued all of them. */
void outbox_send(struct outbox *outbox);

/* Frees the requests that have not been sent. */
void outbox_drop(struct outbox *outbox);

/*
 * Call this when a request has ended. Holds its result if it will be judged, and sends the next
 * waiting request.
 */
void outbox_end(struct outbox *outbox, struct flight *flight, const struct exchange *exchange);

/* The held result with this number; NULL: none. */
struct held *outbox_find(const struct outbox *outbox, uint64_t number);

/* Records a held result as judged so far; NULL: records all held results. */
void outbox_record(struct outbox *outbox, struct held *held);

#endif
