/*
 * moves - the slots of users (pace/slots.h) that move between the processes of a run.
 *
 *     moves_let_go    from a time on, this process has no users in slots that others will own
 *     moves_take      from a time on, users have these owners: the epoch is final
 *
 * Each thread follows at its own pace (crowd.h): moves_next, and then moves_done when no user is
 * left in slots that it has lost. moves_let_go stores number + 1 in *agreed once all threads are
 * done, so the next owner starts a user only after the previous one has ended it.
 *
 * Units: nanoseconds since the start of the run. Threads: any. Memory: moves_init, moves_fini.
 */
#ifndef LOADGEN_USERS_MOVES_H
#define LOADGEN_USERS_MOVES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "loadgen/pace/slots.h"
#include "loadgen/pace/team.h"

/* The owner of a slot that moves: no thread's number. */
enum { MOVES_NOBODY = UINT16_MAX };

/* All private. */
struct moves {
    pthread_mutex_t lock;
    struct slots owners; /* of the last final epoch */
    struct slots now;    /* the same, or without the slots that are let go */
    uint64_t at_ns;
    _Atomic uint64_t version; /* of `now`; 0: the owners at the start of the run */
    uint64_t number;          /* of the epoch for which slots are let go */
    uint64_t asked;           /* its version; 0: nobody waits */
    _Atomic uint64_t *agreed;
    uint16_t threads;
    uint64_t *done; /* for each thread, the version that it has followed */
};

/* The team's slots; a process that joins the run begins with none, and takes them. */
void moves_init(struct moves *moves, const struct team *team);
void moves_fini(struct moves *moves);

void moves_let_go(struct moves *moves, const struct slots *next, uint64_t at_ns, uint64_t number,
                  _Atomic uint64_t *agreed);
void moves_take(struct moves *moves, const struct slots *owners, uint64_t at_ns);

/* When a thread that has followed `version` has to follow the next one; UINT64_MAX: there is none.
 */
uint64_t moves_next_ns(struct moves *moves, uint64_t version);

/* Copies the owners from then on, and returns their version. */
uint64_t moves_next(struct moves *moves, struct slots *owners);

/* The thread has followed this version. */
void moves_done(struct moves *moves, unsigned thread, uint64_t version);

#endif
