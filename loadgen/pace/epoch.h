/*
 * epoch - a part of a run in which neither the schedule nor the owners of slots change.
 *
 *     request k  ->  its epoch (first k)  ->  its due time (the epoch's piece of the schedule)
 *                                         ->  its thread (the epoch's slots)
 *
 * An epoch is in effect from its start time until the next epoch starts. A new epoch starts when
 * threads join or leave (with another map of slots) or when the rate changes (with another
 * schedule). A request belongs to the epoch in effect when it is due, however late it is sent.
 *
 * The schedule of a run is a list of pieces. A piece starts at a given time, which is time 0 of its
 * schedule. Request numbers continue across pieces: the number of a piece's first request is the
 * count of requests due before the piece starts. Requests of the old piece that are due before that
 * are still sent; its later requests are dropped and do not count as intended. Consecutive epochs
 * may have the same piece.
 *
 * An epoch is published in two steps, both before it starts. First epoch_close sets the end of the
 * last epoch to the start time of the new one; requests due from then on wait. Then epoch_publish
 * links the new epoch to the last one. Between the steps, the publisher must check that the start
 * time is still in the future.
 *
 * After a thread has read the clock, and before it sends what is due by then, it must call
 * epoch_follow and then check epoch_is_open. Each request is then sent exactly once, over any
 * sequence of epochs, even if the publisher is delayed between the two steps.
 *
 * In a closed loop, the jth request of user u (of U) in an epoch has the number epoch *
 * EPOCH_NUMBERS + j * U + u. The user belongs to the owner of slot u mod SLOTS.
 *
 * Units: nanoseconds since the start of the run. Threads: an epoch that is published does not
 * change, except `end_ns` and `next`. One thread publishes all epochs; a cursor, a counter or a
 * part belongs to one thread. Memory: plain values. Epochs outlive their cursors, counters and
 * parts.
 */
#ifndef LOADGEN_PACE_EPOCH_H
#define LOADGEN_PACE_EPOCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/pace/schedule.h"
#include "loadgen/pace/share.h"
#include "loadgen/pace/slots.h"

/* Request numbers per epoch of a closed loop: more than any epoch uses. */
#define EPOCH_NUMBERS (UINT64_C(1) << 40)

struct piece {
    uint64_t at_ns;
    uint64_t first; /* number of its first request */
    struct schedule schedule;
};

struct epoch {
    uint64_t number; /* from 0 */
    uint64_t at_ns;
    uint64_t first; /* number of the first request due at at_ns or later */
    struct piece piece;
    struct schedule_walk walk; /* state at `first`, for threads that join later */
    struct slots slots;
    _Atomic uint64_t end_ns;    /* UINT64_MAX: not known (epoch_close) */
    struct epoch *_Atomic next; /* NULL: none is published */
};

/* Initializes the first epoch of a run. */
void epoch_init(struct epoch *epoch, const struct schedule *schedule, const struct slots *slots);

/*
 * Initializes an epoch as a copy of one that another process has published: number, start time,
 * first request, piece, walk and slots. The copy is open and has no successor.
 */
void epoch_init_copy(struct epoch *epoch, const struct epoch *from);

/* Counts the requests of all threads. All fields are private. */
struct epoch_counter {
    const struct epoch *epoch;
    struct schedule_cursor cursor;
};

void epoch_counter_init(struct epoch_counter *counter, const struct epoch *first);

/*
 * The number of requests due before t_ns, according to the epochs published so far. A t_ns before
 * the first epoch counts as its start, and a t_ns after the end of a closed last epoch as that end.
 * t_ns must not decrease from call to call.
 */
uint64_t epoch_count(struct epoch_counter *counter, uint64_t t_ns);

/*
 * Initializes the epoch after the last one; `schedule` or `slots` NULL: unchanged. at_ns must not
 * be before the start of the last epoch, nor before the last t_ns of the counter (epoch_count).
 */
void epoch_init_next(struct epoch *next, const struct epoch_counter *counter, uint64_t at_ns,
                     const struct schedule *schedule, const struct slots *slots);

/* Sets the end of the last epoch of a list to at_ns; UINT64_MAX: opens the epoch again. */
void epoch_close(struct epoch *last, uint64_t at_ns);

/* Publishes `next`, from epoch_init_next, as the successor of the list's last epoch. */
void epoch_publish(struct epoch *last, struct epoch *next);

/* The next request of a thread. */
struct epoch_cursor {
    uint64_t number; /* SHARE_END: none in this epoch */
    uint64_t due_ns; /* UINT64_MAX: none */
    /* private */
    const struct epoch *epoch;
    struct schedule_cursor schedule;
    struct share share;
    uint16_t thread;
    uint64_t after; /* the request after the last one that was taken */
};

/*
 * Sets the cursor to the thread's first request in this epoch or, if it has none there, in a later
 * epoch.
 */
void epoch_cursor_init(struct epoch_cursor *cursor, const struct epoch *epoch, uint16_t thread);

/*
 * Moves to the thread's next request. A cursor never moves back: if an epoch is published so late
 * that the thread has already taken some of its requests, according to the slots of the previous
 * epoch, the cursor continues after them.
 */
void epoch_take(struct epoch_cursor *cursor);

/* The slow path of epoch_follow. */
void epoch_settle(struct epoch_cursor *cursor);

/* Moves to a newly published epoch if the next request belongs to it. */
static inline void epoch_follow(struct epoch_cursor *cursor)
{
    const struct epoch *next = atomic_load_explicit(&cursor->epoch->next, memory_order_acquire);
    if (next && cursor->number >= next->first) {
        epoch_settle(cursor);
    }
}

/* False while the next request waits for an epoch that is not published yet. */
static inline bool epoch_is_open(const struct epoch_cursor *cursor)
{
    return cursor->due_ns < atomic_load_explicit(&cursor->epoch->end_ns, memory_order_acquire) ||
           cursor->due_ns == UINT64_MAX;
}

/* Counts the requests of one thread. All fields are private. */
struct epoch_part {
    const struct epoch *epoch;
    struct share share;
    uint16_t thread;
    uint64_t before; /* requests in earlier epochs */
};

void epoch_part_init(struct epoch_part *part, const struct epoch *first, uint16_t thread);

/*
 * The number of the thread's requests among the first n requests of the run. `n` must not decrease
 * from call to call.
 */
uint64_t epoch_part_count(struct epoch_part *part, uint64_t n);

#endif
