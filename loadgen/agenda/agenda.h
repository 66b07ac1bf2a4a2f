/*
 * agenda - the next request of one thread, and its due time.
 *
 * In an open loop, the thread sends its share of the timetable's requests, in order. A warm-up has
 * its own schedule before the start; requests of the warm-up that are not sent by the start are
 * dropped. A change of the schedule during the run does not drop requests that were due before the
 * change (pace/epoch.h). In a closed loop, a user's next request is due as soon as the user is
 * free; the users start with the warm-up.
 *
 * When a new period of a closed loop begins, free users continue and new users start. Each request
 * of an earlier period that is still in flight holds back one user of the new period until it ends.
 * So a thread never starts a request while it has as many in flight as it has users. If the thread
 * now has fewer users, surplus users stop after their current request.
 *
 * A live source may have no request for a while. When it is exhausted, agenda_end_if_exhausted ends
 * sending.
 *
 * Times are CLOCK_MONOTONIC nanoseconds; the agenda never reads the clock. Threads: belongs to one
 * thread; only source_ended may be read by others. Memory: allocates nothing; the ring of a closed
 * loop belongs to its period.
 */
#ifndef LOADGEN_AGENDA_AGENDA_H
#define LOADGEN_AGENDA_AGENDA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/agenda/timetable.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/epoch.h"
#include "loadgen/target/request/source.h"

struct agenda {
    const struct plan *plan;
    const struct source *source;
    const struct timetable *timetable;
    uint16_t thread;
    bool is_closed_loop;
    bool is_dropped;                /* nothing more is sent */
    bool is_warming;                /* before start_ns, on the warm-up's schedule */
    const struct request *upcoming; /* fetched from the source, to be sent next */
    uint64_t taken;                 /* requests sent so far, including the warm-up's */
    struct epoch_cursor cursor;     /* in a closed loop only its epoch is used */
    /* Closed loop. */
    struct timetable_user *free_users; /* a ring with room for `users` */
    uint64_t users;                    /* this thread's users in the period */
    size_t first_free;
    size_t free_count;
    uint64_t in_flight;        /* requests of all periods */
    uint64_t next_user;        /* users of the period from this index on have not started */
    uint64_t held;             /* users held back until requests of earlier periods end */
    uint64_t base_ns;          /* time 0 of the cursor */
    uint64_t start_ns;         /* requests intended at this time or later are measured */
    uint64_t end_ns;           /* when sending ends */
    _Atomic bool source_ended; /* source exhausted: only started requests count as intended */
};

void agenda_init(struct agenda *agenda, const struct plan *plan, const struct source *source,
                 const struct timetable *timetable, uint16_t thread);

/* Sets start_ns and end_ns, and moves to the first request (of the warm-up, if there is one). */
void agenda_begin(struct agenda *agenda, uint64_t start_ns, uint64_t end_ns);

/* The epoch of the next request; in a closed loop, the current period's. */
static inline const struct epoch *agenda_epoch(const struct agenda *agenda)
{
    return agenda->cursor.epoch;
}

/* Closed loop: when the next period begins; UINT64_MAX: none is published. */
uint64_t agenda_change_ns(const struct agenda *agenda);

/*
 * Switches from the warm-up to the measured schedule at start_ns, and to each published period when
 * it begins. Call this after each reading of the clock, before taking requests.
 */
void agenda_advance(struct agenda *agenda, uint64_t now_ns);

/* Ends sending at end_ns, unless it already ends earlier. */
void agenda_end_at(struct agenda *agenda, uint64_t end_ns);

/* True if another request of this phase is due, now or later. */
bool agenda_has_next(const struct agenda *agenda);

/* When the next request is due, and its number in the run; both require agenda_has_next. */
uint64_t agenda_due_ns(const struct agenda *agenda);
uint64_t agenda_number(const struct agenda *agenda);

/* The next request; NULL while a live source has none. */
const struct request *agenda_peek(struct agenda *agenda);

/* Counts the next request as sent and moves to the one after it. */
void agenda_mark_sent(struct agenda *agenda);

/* Ends sending now if the live source is exhausted. */
void agenda_end_if_exhausted(struct agenda *agenda, uint64_t now_ns);

/*
 * Closed loop: call this when the request with this number has ended. If it belongs to the current
 * period, its user becomes free; otherwise, one of the held-back users may start.
 */
void agenda_end_request(struct agenda *agenda, uint64_t number, uint64_t now_ns);

/* Drops every request that has not been sent. */
void agenda_drop(struct agenda *agenda);

/* When the current phase ends: end_ns or, during the warm-up, start_ns if that is earlier. */
uint64_t agenda_phase_end_ns(const struct agenda *agenda);

#endif
