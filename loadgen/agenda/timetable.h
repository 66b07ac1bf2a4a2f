/*
 * timetable - the epochs of a run (pace/epoch.h) and the number of users in each, shared by the
 * run's threads.
 *
 *     period 0  ->  period 1  ->  ...      each change appends one
 *
 * A period is an epoch with a number of users. In a closed loop, it also contains the free users of
 * each thread (agenda.h). Each thread moves to the next period by itself, and publishes the number
 * of its current period. Each change frees the periods that all threads have left.
 *
 * Times are nanoseconds since the start of the run; for the warm-up, since the warm-up's start.
 *
 * Threads: the thread that calls `run` creates the timetable, changes it and counts requests. The
 * other threads read the periods without a lock; each writes only its own part of `rooms` and its
 * own `entered`. Memory: per period 10 kB, plus 16 bytes per user in a closed loop; timetable_fini.
 */
#ifndef LOADGEN_AGENDA_TIMETABLE_H
#define LOADGEN_AGENDA_TIMETABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/drive/driver.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/epoch.h"
#include "loadgen/pace/team.h"

/* A free user of a closed loop. */
struct timetable_user {
    uint64_t since_ns; /* when it became free */
    uint64_t number;   /* of its next request */
};

struct period {
    struct epoch epoch;           /* first member: an epoch of the list is cast to its period */
    uint64_t users;               /* plan.max_workers, or as changed; UINT64_MAX: no cap */
    struct timetable_user *rooms; /* the free users of all threads; NULL: an open loop */
    uint64_t room_at[]; /* index in `rooms` of the first entry of each thread of this process; then
                           the entry count */
};

/* State of one thread: its requests, counted by the thread that calls `run`, and its period. */
struct timetable_seat {
    struct epoch_part part;
    _Atomic uint64_t entered; /* number of the thread's period; written by the thread itself */
};

struct timetable {
    const struct plan *plan;
    const struct team *team; /* of this process's threads */
    struct epoch warmup;
    struct period *first; /* the oldest that is not freed */
    struct period *last;
    struct epoch_counter counter;
    struct timetable_seat *seats;
};

/* Borrows all. ERR_FAILED if out of memory. Call timetable_fini even then. */
bool timetable_init(struct timetable *timetable, const struct plan *plan, const struct team *team,
                    struct err *err);
void timetable_fini(struct timetable *timetable);

/* The number of requests due before t_ns. t_ns must not decrease from call to call. */
uint64_t timetable_count(struct timetable *timetable, uint64_t t_ns);

/* The same for one thread of this process. */
uint64_t timetable_count_part(struct timetable *timetable, unsigned index, uint64_t t_ns);

/*
 * Closes the last period at at_ns, or at its own start if that is later: requests due from then on
 * wait for timetable_change (pace/epoch.h). Returns that time.
 */
uint64_t timetable_close(struct timetable *timetable, uint64_t at_ns);

/*
 * Publishes a change (drive/driver.h) that takes effect at change->at_ns, or at the start of the
 * last period if that is later; change->epoch, if set, is published unchanged. now_ns is the
 * current time, but at most the end of the run; now_ns and the t_ns of timetable_count must not
 * decrease over all calls of both functions. ERR_FAILED if out of memory. ERR_USAGE if the change
 * sets `users` but neither `slots` nor `epoch` and other processes take part: this process cannot
 * divide the users among them. After an error, the last period is open again.
 */
bool timetable_change(struct timetable *timetable, uint64_t now_ns, const struct change *change,
                      struct err *err);

/* The period of an epoch in the list. */
static inline const struct period *period_of(const struct epoch *epoch)
{
    return (const struct period *)epoch;
}

/* Closed loop: the number of users that belong to this thread of this process. */
static inline uint64_t period_part(const struct period *period, unsigned index)
{
    return period->room_at[index + 1] - period->room_at[index];
}

#endif
