/*
 * roster - the known workers, those that take part in the run, and the owners of the slots.
 *
 *     announce -> WAITING -> READY -> seated by an epoch -> leave  -> LEAVING -> LEFT
 *                                                        -> 20 s of silence -> LOST
 *
 * A member is a process: a name and an incarnation. It is silent when it has sent nothing for
 * ROSTER_SILENT_NS, and lost after ROSTER_LOST_NS. Only time in which the controller was connected
 * and running counts. A lost member that sends again becomes READY, with its old thread numbers.
 *
 * A worker that has had no pong from the broker for 15 s stops sending requests, so the slots of a
 * lost worker are unused. A silent worker may still send requests, and may miss a new epoch. So it
 * keeps its slots and gets no others until it is heard again or lost. The same holds for a process
 * that was replaced by another one of the same name, because both may be alive.
 *
 * An epoch is due when a READY member has no slots, or a LEAVING or LOST one has some:
 *
 *     if (roster_is_epoch_due(&roster)) {
 *         roster_deal(&roster, cap, &slots)      the next owners; moves as few slots as possible
 *         ... publish, wait for roster_has_agreed, publish as final ...
 *         roster_set(&roster, &slots)            now they own them
 *     }
 *
 * Within a run, a thread number is never reused.
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
#include "loadgen/cluster/wire/finder.h"
#include "loadgen/pace/slots.h"

#define ROSTER_SILENT_NS (2 * NS_PER_S)
#define ROSTER_LOST_NS (20 * NS_PER_S)
#define ROSTER_TICK_MAX_NS (NS_PER_S / 2) /* at most this much counts between two ticks */

enum roster_state {
    ROSTER_WAITING, /* known, but not ready for this run */
    ROSTER_READY,   /* can take part, or takes part */
    ROSTER_REFUSED, /* cannot run the order: last.problem */
    ROSTER_LEAVING, /* announced that it will end */
    ROSTER_LEFT,    /* has left, and owns nothing */
    ROSTER_LOST,
    ROSTER_STATES,
};

struct roster_member {
    struct wire_announce last; /* after roster_restore, only `from` and `threads` are set */
    enum roster_state state;
    bool is_silent;
    uint16_t first;   /* number of its first thread */
    uint16_t threads; /* threads with numbers; 0: it has no seat in this run */
    uint16_t slots;   /* that it owns */
    /* private */
    uint64_t heard_ns;   /* on the roster's clock */
    bool is_passed_over; /* the last deal had no slots for it, because there are fewer connections
                            than threads */
};

/* True if no more messages are expected from it. */
static inline bool roster_is_gone(const struct roster_member *member)
{
    return member->state == ROSTER_LEFT || member->state == ROSTER_LOST;
}

/* True if an epoch may give it slots. */
static inline bool roster_can_own(const struct roster_member *member)
{
    return member->state == ROSTER_READY && !member->is_silent;
}

/* True if it might still be sending requests, but might miss a new epoch; so it keeps its slots. */
static inline bool roster_is_frozen(const struct roster_member *member)
{
    return member->is_silent && !roster_is_gone(member) && member->slots > 0;
}

struct roster {
    uint64_t run;               /* 0: none */
    struct roster_member *list; /* in order of arrival; moves when one arrives */
    struct finder finder;       /* of the members */
    size_t count;
    struct slots slots; /* of the last epoch; valid if has_slots */
    bool has_slots;
    uint16_t threads;  /* greater than any thread number in the run */
    uint64_t clock_ns; /* time in which the controller listened */
    /* private */
    uint64_t tick_ns;
    bool is_connected;
    bool has_changed; /* since the last tick */
    bool is_stuck;    /* slots could not be dealt, and nothing has changed since */
};

void roster_free(struct roster *roster);

/* Begins another run, in which no member has a seat yet. Removes members that are gone. */
void roster_begin(struct roster *roster, uint64_t run);

/*
 * Continues a run whose last final epoch is this one. Each member with slots counts as silent until
 * it announces itself.
 */
void roster_restore(struct roster *roster, const struct wire_epoch *epoch);

/*
 * Handles an announcement. If a member with a seat announces another run or none, it is treated as
 * silent: it will be lost, unless its account arrives. ERR_FAILED if the worker cannot be added
 * because WIRE_WORKERS members are known; those that are gone count if they had a seat in this run.
 */
bool roster_hear(struct roster *roster, const struct wire_announce *announce, struct err *err);

/* Handles the announcement of a worker that will end. */
void roster_leave(struct roster *roster, const struct wire_leave *leave);

/*
 * Call this several times per second, after roster_hear for all messages that have arrived. The
 * time between two calls counts as silence if the controller is connected in both, but at most
 * ROSTER_TICK_MAX_NS of it, because the controller may have been suspended. True: since the last
 * call, a member arrived or a state changed.
 */
bool roster_tick(struct roster *roster, uint64_t now_ns, bool is_connected);

/* The member; NULL: unknown. Valid until another member arrives. */
struct roster_member *roster_find(const struct roster *roster, const struct wire_worker *worker);

/* Members in this state; those that are silent count only as LOST. */
size_t roster_count(const struct roster *roster, enum roster_state state);

/* True if a member should get slots or must lose some. False after roster_deal has failed, until a
 * member arrives or a state changes. */
bool roster_is_epoch_due(const struct roster *roster);

/*
 * Divides the slots among the READY members; silent members keep theirs. Members without thread
 * numbers get them. `cap` as in slots_deal (plan_cap). False: no member can own slots, or no thread
 * numbers are left (65,535 in a run, SLOTS at a time).
 */
bool roster_deal(struct roster *roster, uint64_t cap, struct slots *slots);

/*
 * True if each member that `slots` would take a slot from, even for another of its own threads, has
 * announced that `epochs` epochs have taken effect, or is lost or has left.
 */
bool roster_has_agreed(const struct roster *roster, const struct slots *slots, uint64_t epochs);

/* True if `slots` would give a slot to a member that is lost or has left. */
bool roster_gives_to_gone(const struct roster *roster, const struct slots *slots);

/* Call this when the epoch with these slots is final. LEAVING members without slots become LEFT. */
void roster_set(struct roster *roster, const struct slots *slots);

/* Fills in seats and count: all members with thread numbers. wire_epoch_free frees them. */
void roster_fill_seats(const struct roster *roster, struct wire_epoch *epoch);

/*
 * Prints the members in this state: "a (4 threads on node-1), b (2 threads)", or "nobody". A text
 * that does not fit ends in "...". `size` is at least 32.
 */
void roster_print(const struct roster *roster, enum roster_state state, char *text, size_t size);

#endif
