/*
 * state - the state of a merge. Internal to cluster/merge.
 */
#ifndef LOADGEN_CLUSTER_MERGE_STATE_H
#define LOADGEN_CLUSTER_MERGE_STATE_H

#include "loadgen/base/bytes.h"
#include "loadgen/cluster/merge/merge.h"
#include "loadgen/cluster/wire/finder.h"
#include "loadgen/measure/tally_codec.h"

enum { MERGE_HISTORY = 2 * MERGE_OPEN };

#define MERGE_NONE UINT64_MAX /* no second */

/* The parts of one second of a worker that have arrived. */
struct merge_report {
    uint64_t second; /* MERGE_NONE: unused */
    uint64_t got;    /* a bit for each part */
    uint64_t parts;  /* 0: not known yet */
    bool is_complete;
    bool is_missed; /* the second was given without it */
};

/* The state at the end of one second. */
struct merge_moment {
    uint64_t second; /* MERGE_NONE: unused */
    struct wire_second at_end;
};

struct merge_seat {
    struct wire_worker who;
    uint64_t from;  /* first second in which it is expected */
    uint64_t until; /* last one; MERGE_NONE: not known */
    bool is_lost;
    uint64_t lost_intended;                     /* of merge_lose */
    struct merge_report reports[MERGE_LATE];    /* by second modulo MERGE_LATE */
    struct merge_moment history[MERGE_HISTORY]; /* by second modulo MERGE_HISTORY */
    uint64_t taken;                             /* requests whose results have arrived */
    bool is_short; /* at the end of the run: results in the account have not arrived */
    bool has_ended;
    struct wire_end end;      /* its environment is below */
    struct bytes environment; /* JSON, not checked; empty: not known */
};

struct merge {
    struct merge_config config;
    struct merge_seat *seats;
    struct finder finder; /* of the seats */
    size_t count;
    size_t awaited;                    /* a seat that had not reported `next` */
    uint64_t next;                     /* the first second that was not given */
    struct tally *windows[MERGE_OPEN]; /* of open seconds, modulo MERGE_OPEN; NULL: none yet */
    struct tally *late;                /* of a correction */
    uint64_t merged;
    uint64_t missing;
    uint64_t dropped;
    /* The state that is being loaded. */
    uint64_t load_number;
    uint64_t load_sequence;
    uint64_t load_parts; /* loaded so far */
    uint64_t load_seats; /* total number */
    uint64_t load_start_ns;
};

/* The window of an open second. */
struct tally *merge_window(struct merge *merge, uint64_t second);

/* The destination for adding a part to this tally, whose rows are those of the summary. */
struct tally_sum merge_sum(const struct merge *merge, struct tally *tally);

struct merge_seat *merge_find(const struct merge *merge, const struct wire_worker *worker);

/* Adds an empty seat, without reports. */
struct merge_seat *merge_add_seat(struct merge *merge, const struct wire_worker *worker);

/*
 * The report of this second, created if necessary. NULL: its place was reused for a later second.
 */
struct merge_report *merge_open_report(struct merge_seat *seat, uint64_t second);

bool merge_has_reported(const struct merge_seat *seat, uint64_t second);

/* Stores the account of a worker. */
void merge_keep_end(struct merge_seat *seat, const struct wire_end *end);

/* Gives the next second, even if workers have not reported it. */
void merge_give_next(struct merge *merge);

/* The newest moment of a worker up to this second; NULL: none. MERGE_NONE: the newest of all. */
const struct merge_moment *merge_moment(const struct merge_seat *seat, uint64_t second);

/* Calls the observer for this second, with counts as of second `as_of`. */
void merge_show(struct merge *merge, uint64_t index, uint64_t as_of, const struct tally *tally,
                bool is_correction);

#endif
