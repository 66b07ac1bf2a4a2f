/*
 * profile - the number of users over time, and so when each user starts and ends.
 *
 *     users
 *       3 |        +-----+
 *       2 |     +--+     +--+         two pieces: up to 3 users, down to 1; 1 / per_s per user
 *       1 |  +--+           +---
 *         +--+------------------ time
 *
 * U users are numbers 0 to U - 1: the last to start is the first to end. Every thread follows the
 * profile with its own cursor, and finds the changes of its own users, which are a pure function of
 * the profile. So a change needs no other communication.
 *
 * Pieces are added ahead of their time, or during the run. A piece that would start at a time that
 * a cursor has already passed starts right after that time, so all threads agree on the users,
 * however late they are. From the last change of a piece to the first of the next one, at least
 * 1 / per_s passes, so many short pieces are no faster than one long piece.
 *
 * Units: nanoseconds since the start of the run. Threads: any may add pieces; a cursor belongs to
 * one thread. Memory: profile_fini; about 50 bytes per piece.
 */
#ifndef LOADGEN_PACE_PROFILE_H
#define LOADGEN_PACE_PROFILE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/pace/slots.h"

struct profile_piece {
    uint64_t at_ns;    /* its start; it ends when the next one starts */
    uint64_t first_ns; /* of its first change; further ones are 1 / per_s apart */
    uint64_t last_ns;  /* of the last change before its start; UINT64_MAX: there was none */
    uint64_t from;     /* users at its start */
    uint64_t to;
    double per_s; /* more than 0 */
};

struct profile {
    pthread_mutex_t lock;
    struct profile_piece *list;
    size_t count;
    size_t room;
    _Atomic size_t published; /* count, for readers without the lock */
    uint64_t open_ns;         /* cursors have passed the times before this one */
};

void profile_init(struct profile *profile);
void profile_fini(struct profile *profile);

/*
 * Adds a piece: from at_ns on, or as soon as possible after that, users start or end until there
 * are `to`. The piece starts no earlier than the one before it.
 */
void profile_add(struct profile *profile, uint64_t at_ns, uint64_t to, double per_s);

/* Adds the first piece for a process that joins at at_ns, when there are `from` users. */
void profile_join(struct profile *profile, uint64_t at_ns, uint64_t from, uint64_t to,
                  double per_s);

/* The number of users at t_ns, according to the pieces so far; 0: there is none yet. */
uint64_t profile_users(struct profile *profile, uint64_t t_ns);

/* A thread's position in the profile. Zero-initialize; all fields are private. */
struct profile_cursor {
    size_t index;               /* of its piece */
    struct profile_piece piece; /* a copy */
    uint64_t until_ns;          /* start of the next piece; UINT64_MAX: none yet */
    uint64_t next;              /* change of the piece, from 0 */
    size_t known;               /* pieces */
};

struct profile_change {
    uint64_t at_ns;
    uint64_t user; /* number, from 0 */
    bool starts;   /* false: ends */
};

/*
 * Finds the next change of the users of this owner (slots.h). False: none is known. The profile
 * must have a piece. Before acting on a change, call profile_reach.
 */
bool profile_peek(struct profile *profile, struct profile_cursor *cursor, const struct slots *slots,
                  uint16_t owner, struct profile_change *change);

/* Makes changes up to now_ns final: pieces that are added later start after it. */
void profile_reach(struct profile *profile, struct profile_cursor *cursor, uint64_t now_ns);

/*
 * Sets the cursor to the first change after t_ns, for other slots than before. Returns the number
 * of users at t_ns. The profile must have a piece. Call profile_reach before.
 */
uint64_t profile_seek(struct profile *profile, struct profile_cursor *cursor, uint64_t t_ns);

/* Moves on to the next change. */
static inline void profile_pass(struct profile_cursor *cursor)
{
    cursor->next++;
}

#endif
