/*
 * agenda - what one thread is to send next, and when.
 *
 * Open loop: the requests of the thread's share of the schedule, in their order. Closed loop: each
 * of the share's users sends again at the moment when it became free. A warm-up is the same with
 * another schedule before the start; what of it still waits at the start is dropped.
 *
 * A live source may have nothing now, or nothing ever again: then the agenda ends early (is_dry).
 *
 * Times are CLOCK_MONOTONIC nanoseconds. It never reads the clock.
 * Threads: belongs to its thread; shown_dry alone may be read by another.
 * Memory: agenda_init allocates the ring of a closed loop, agenda_fini frees it; nothing else.
 */
#ifndef LOADGEN_RUN_AGENDA_H
#define LOADGEN_RUN_AGENDA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/run/plan.h"
#include "loadgen/target/source.h"

struct agenda {
    const struct plan *plan;
    const struct source *source;
    struct share share;
    bool is_closed;
    const struct request *upcoming; /* taken from the source, to be started next */
    uint64_t number;                /* of the next request in the run */
    uint64_t due_ns;                /* open loop: its moment; UINT64_MAX: there is none */
    uint64_t taken;                 /* of all, the warm-up's too */
    struct schedule_cursor cursor;
    uint64_t *freed; /* closed loop: since when each free user is free, a ring of `users` */
    uint64_t users;
    size_t freed_first;
    size_t freed_count;
    bool is_warming;        /* before start_ns, on the warm-up's schedule */
    uint64_t base_ns;       /* what the cursor's moments count from */
    uint64_t start_ns;      /* of what is measured: what was intended earlier is not counted */
    uint64_t end_ns;        /* sending ends; it may come nearer */
    _Atomic bool shown_dry; /* the source had no more: only what was started was intended */
};

/* `users` is how many a closed loop has in this share. ERR_FAILED when memory is short. */
bool agenda_init(struct agenda *agenda, const struct plan *plan, const struct source *source,
                 struct share share, uint64_t users, struct err *err);
void agenda_fini(struct agenda *agenda);

/* The times are known: begins with the warm-up if there is one. */
void agenda_begin(struct agenda *agenda, uint64_t start_ns, uint64_t end_ns);

/* Goes over from the warm-up to what is measured, when it is time. */
void agenda_advance(struct agenda *agenda, uint64_t now_ns);

/* Is there a request left that is, or will be, due? */
bool agenda_has_more(const struct agenda *agenda);

/* The moment of the next request; there is one. */
uint64_t agenda_due_ns(const struct agenda *agenda);

/* The next request; NULL when a live source has none now. */
const struct request *agenda_request(struct agenda *agenda);

/* Is there nothing to send now? When there never will be, sending ends at now_ns. */
bool agenda_is_dry(struct agenda *agenda, uint64_t now_ns);

/* The next request is on its way. */
void agenda_take(struct agenda *agenda);

/* Closed loop: a user became free. */
void agenda_set_free(struct agenda *agenda, uint64_t now_ns);

/* What is left will not be sent. */
void agenda_drop(struct agenda *agenda);

/* When sending by the present schedule ends: that of the warm-up at the start. */
uint64_t agenda_phase_end_ns(const struct agenda *agenda);

#endif
