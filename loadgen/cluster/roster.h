/*
 * roster - who is there, who takes part in the run, and who owns which slots.
 *
 *     announce -> WAITING -> READY -> seated by an epoch -> leave  -> LEAVING -> LEFT
 *                                                        -> 20 s without a word -> LOST
 *
 * A member is a process: a name and an incarnation. It is silent when nothing was heard of it for
 * ROSTER_SILENT_NS, and lost after ROSTER_LOST_NS. Only time in which the controller itself is
 * connected counts. A member that was lost and speaks again becomes READY, with its old numbers.
 *
 * A worker stops sending when it has had no pong of the broker for 15 s, so nobody sends what a
 * lost worker owned. A silent worker may still send, and may not hear of a new epoch. So its slots
 * stay where they are, and it gets none, until it speaks or is lost. The same holds for a process
 * that was replaced by another one of the same name: the two might both be alive.
 *
 * An epoch is due when somebody who is READY has no slots, or somebody who is LEAVING or LOST has
 * some:
 *
 *     if (roster_is_epoch_due(&roster)) {
 *         roster_deal(&roster, cap, &slots)      who will own what; moves as few slots as possible
 *         ... publish, wait for roster_has_agreed, publish as final ...
 *         roster_set(&roster, &slots)            now they do
 *     }
 *
 * Numbers of threads are given out once within a run.
 *
 * Times are CLOCK_MONOTONIC of the controller. Threads: one. Memory: start with zeroes;
 * roster_free.
 */
#ifndef LOADGEN_CLUSTER_ROSTER_H
#define LOADGEN_CLUSTER_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/cluster/wire/announce.h"
#include "loadgen/cluster/wire/epoch.h"
#include "loadgen/pace/slots.h"

#define ROSTER_SILENT_NS (2 * NS_PER_S)
#define ROSTER_LOST_NS (20 * NS_PER_S)

enum roster_state {
    ROSTER_WAITING, /* here, but not ready for this run */
    ROSTER_READY,   /* can take part, or does */
    ROSTER_REFUSED, /* cannot run the order: last.problem */
    ROSTER_LEAVING, /* announced that it will end */
    ROSTER_LEFT,    /* has left, and owns nothing */
    ROSTER_LOST,
    ROSTER_STATES,
};

struct roster_member {
    struct wire_announce last; /* its last word; after roster_restore only `from` and `threads` */
    enum roster_state state;
    bool is_silent;
    uint16_t first;   /* number of its first thread */
    uint16_t threads; /* with numbers; 0: it has no seat in this run */
    uint16_t slots;   /* that it owns */
    /* private */
    uint64_t heard_ns;   /* on the roster's clock */
    bool is_passed_over; /* the last deal had no slots for it: connections are fewer than threads */
};

/* Nothing more is expected of it. */
static inline bool roster_is_gone(const struct roster_member *member)
{
    return member->state == ROSTER_LEFT || member->state == ROSTER_LOST;
}

/* An epoch may give it slots. */
static inline bool roster_can_own(const struct roster_member *member)
{
    return member->state == ROSTER_READY && !member->is_silent;
}

/* It may still send, and may not hear of a new epoch. */
static inline bool roster_is_frozen(const struct roster_member *member)
{
    return member->is_silent && member->state != ROSTER_LOST && member->slots > 0;
}

struct roster {
    uint64_t run;               /* 0: none */
    struct roster_member *list; /* in the order of their arrival; moves when one arrives */
    uint64_t *incarnations;     /* of the members; finds one without a look at all of them */
    size_t count;
    struct slots slots; /* of the last epoch; valid if has_slots */
    bool has_slots;
    uint16_t threads; /* more than any thread's number in the run */
    /* private */
    uint64_t clock_ns; /* time in which the controller was connected */
    uint64_t tick_ns;
    bool is_connected;
    bool has_changed; /* since the last tick */
};

void roster_free(struct roster *roster);

/* Begins another run, in which nobody has a seat yet. Forgets who is gone. */
void roster_begin(struct roster *roster, uint64_t run);

/*
 * Takes over a run whose last final epoch is this one. Everybody with slots counts as silent until
 * it speaks.
 */
void roster_restore(struct roster *roster, const struct wire_epoch *epoch);

/*
 * A worker has announced itself. ERR_FAILED if it cannot be added: WIRE_WORKERS are known, of whom
 * those that are gone count if they had a seat in this run.
 */
bool roster_hear(struct roster *roster, const struct wire_announce *announce, struct err *err);

/* A worker announced that it will end. */
void roster_leave(struct roster *roster, const struct wire_leave *leave);

/*
 * Time goes on: call this a few times a second. Silence counts from call to call, as long as the
 * controller is connected in both. True: since the last call somebody arrived, or a state changed.
 */
bool roster_tick(struct roster *roster, uint64_t now_ns, bool is_connected);

/* The member; NULL: unknown. Valid until somebody arrives. */
struct roster_member *roster_find(const struct roster *roster, const struct wire_worker *worker);

/* Members in this state; those that are silent count only as LOST. */
size_t roster_count(const struct roster *roster, enum roster_state state);

/* True if somebody should get slots or has to lose some. */
bool roster_is_epoch_due(const struct roster *roster);

/*
 * Deals the slots to all who are READY, and to silent members what they have; members without
 * numbers get some. `cap` as in slots_deal (plan_cap). False: nobody can own any, or the numbers of
 * threads are used up (65,535 in a run, SLOTS at a time).
 */
bool roster_deal(struct roster *roster, uint64_t cap, struct slots *slots);

/*
 * True if each member that owns fewer slots in `slots` than now, or others, has announced that
 * `epochs` epochs have arrived, or is lost or has left.
 */
bool roster_has_agreed(const struct roster *roster, const struct slots *slots, uint64_t epochs);

/* The epoch with these slots is final. Members that left and own nothing have LEFT. */
void roster_set(struct roster *roster, const struct slots *slots);

/* Fills in seats and count: all who have numbers. wire_epoch_free frees them. */
void roster_fill_seats(const struct roster *roster, struct wire_epoch *epoch);

/*
 * Prints who is in this state: "a (4 threads on node-1), b (2 threads)", or "nobody". A text that
 * does not fit ends in "...". `size` is at least 32.
 */
void roster_print(const struct roster *roster, enum roster_state state, char *text, size_t size);

#endif
