/*
 * sender - starts one thread's requests when they are due and a connection is free.
 *
 *     agenda (which request, when)  ->  sender  ->  engine (how)
 *
 * Requests start in order: while all connections that the caps allow are busy, the next request
 * waits, and so do all later ones. A delay caused by a slow live source counts as lag.
 *
 * After the end of the run, a closed loop starts no more requests. An open loop then drops its
 * waiting requests if the connections of all threads are busy. Requests that are late for another
 * reason are still started, up to SENDER_GRACE_NS after the end.
 *
 * The thread's share of each cap depends on the slots (pace/slots.h) that it owns in the period of
 * the next request.
 *
 * Threads: belongs to its worker. Memory: nothing is allocated while sending.
 */
#ifndef LOADGEN_AGENDA_SENDER_H
#define LOADGEN_AGENDA_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/agenda/agenda.h"
#include "loadgen/agenda/busy.h"
#include "loadgen/drive/driver.h"

#define SENDER_GRACE_NS (100 * NS_PER_MS)

struct order;

struct sender {
    struct agenda agenda;
    struct drive_thread *thread; /* borrowed */
    struct busy busy;
    bool is_capped;            /* requests may have to wait for a connection */
    bool is_starting;          /* sender_start_due is running further up the stack */
    bool is_out_of_grace;      /* requests were dropped although only the generator delayed them */
    uint64_t slots;            /* maximum requests in flight */
    const struct epoch *epoch; /* the epoch to which `slots` and `is_capped` apply */
    struct timetable_seat *seat; /* of this thread */
};

void sender_init(struct sender *sender, const struct order *order,
                 const struct timetable *timetable, struct drive_thread *thread);

/*
 * Prepares the first request. Sending ends at end_ns. `peers` are the free-time words of all
 * threads (busy.h); borrowed.
 */
void sender_begin(struct sender *sender, struct busy_peer *peers, uint64_t end_ns);

/* Starts up to `most` due requests. True if it started any. */
bool sender_start_due(struct sender *sender, uint64_t now_ns, unsigned most);

/*
 * Call this when a request has ended and thread->in_flight no longer counts it. In a closed loop,
 * its user becomes free.
 */
void sender_end_one(struct sender *sender, const struct exchange *exchange);

/* When to call sender_start_due next if no event comes earlier; UINT64_MAX: never. */
uint64_t sender_next_ns(struct sender *sender, uint64_t now_ns);

#endif
