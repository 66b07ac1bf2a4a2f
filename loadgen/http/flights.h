/*
 * flights - the exchanges in flight, ordered by deadline: the timer of an engine.
 *
 * Most requests of a run have the same timeout, so most flights are added in the order of their
 * deadlines and form a queue. A flight with an earlier deadline than the last flight of the queue
 * goes into a pairing heap. Adding a flight, or removing one from the queue, takes O(1); removing
 * one from the heap takes O(log n) amortised.
 *
 * Threads: belongs to the engine's thread. Memory: the owner embeds a struct flight, which must not
 * move between flights_add and flights_remove.
 */
#ifndef LOADGEN_HTTP_FLIGHTS_H
#define LOADGEN_HTTP_FLIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flight {
    uint64_t deadline_ns; /* UINT64_MAX: none */
    /* Private: */
    struct flight *next; /* in the queue; or the next child of the same parent */
    struct flight *prev; /* in the queue; or the previous child, or the parent of the first child */
    struct flight *child; /* in the heap: the first child; no child has an earlier deadline */
    bool is_queued;       /* in the queue */
};

/* Start with zeroes. */
struct flights {
    struct flight *head; /* of the queue */
    struct flight *tail;
    struct flight *root; /* of the heap */
};

void flights_add(struct flights *flights, struct flight *flight, uint64_t deadline_ns);
void flights_remove(struct flights *flights, struct flight *flight);

/* The flight with the earliest deadline; NULL: nothing is in flight. */
static inline struct flight *flights_first(const struct flights *flights)
{
    struct flight *head = flights->head;
    struct flight *root = flights->root;
    return root && (!head || root->deadline_ns < head->deadline_ns) ? root : head;
}

/* The earliest deadline; UINT64_MAX: there is none. */
static inline uint64_t flights_deadline_ns(const struct flights *flights)
{
    const struct flight *first = flights_first(flights);
    return first ? first->deadline_ns : UINT64_MAX;
}

#endif
