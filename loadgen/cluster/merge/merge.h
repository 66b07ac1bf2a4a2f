/*
 * merge - merges the tallies of all workers, second by second, each exactly once.
 *
 *     tallies  ->  open seconds  -- complete, or 3 s late -->  second  ->  observer, total
 *                  given seconds -- a tally comes later  -->  correction of the same number
 *
 * A second is given to the observer when every worker expected in it has reported it, or
 * MERGE_WAIT_NS after its end. Seconds are given in order, and none is skipped. Tallies that arrive
 * later are given as a correction: a second with the same index, whose `tally` has only the new
 * results, and whose counts are those of the last given second. So the sum of all given tallies is
 * the total, which is always exact for the results that have arrived.
 *
 * Each (worker, second, part) is taken once. A message over MERGE_LATE seconds older than the
 * worker's newest one is dropped and counted in `dropped`; workers keep fewer seconds than that.
 *
 * Counters balance:
 *
 *     intended = started + waiting + unknown          during the run
 *     intended = started + not started + unknown      at the end
 *     started  = ended + in flight + abandoned
 *
 * A lost worker may have sent requests that it never reported. All its requests without a reported
 * end are `unknown`, whether in flight, waiting, or due before its slots got another owner.
 * `started` counts only those that ended and were reported. If it reports after all, it is no
 * longer lost. Requests that ended according to a worker's account, but were never reported, are
 * `unknown`, too.
 *
 * The state can be saved and loaded (save.h), so that another controller can continue.
 *
 * Threads: one. Memory: merge_destroy; borrows the summary, into whose tally, rows, addresses and
 * texts everything is added. It takes 8 kB per worker, and a tally (tally.h) for each of up to
 * MERGE_OPEN open seconds.
 */
#ifndef LOADGEN_CLUSTER_MERGE_MERGE_H
#define LOADGEN_CLUSTER_MERGE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/binary/journal.h"
#include "loadgen/cluster/wire/end.h"
#include "loadgen/cluster/wire/tally.h"
#include "loadgen/measure/summary.h"

#define MERGE_WAIT_NS (3 * NS_PER_S)

enum {
    MERGE_OPEN = 8,  /* seconds that are open at a time */
    MERGE_LATE = 64, /* seconds by which a worker's message may be late */
};

struct merge;

struct merge_config {
    uint64_t run;
    struct summary *summary; /* empty, except for names of rows */
    /*
     * Of struct second: the start, relative to the header's clock. It is added to the moments of
     * tallies, which count from the start.
     */
    uint64_t start_ns;
    /* Receives the seconds, which are valid during the call. Must not change the merge. May be
     * NULL. */
    void (*on_second)(void *context, const struct second *second, bool is_correction);
    void *context;
};

/* NULL: out of memory. */
struct merge *merge_create(const struct merge_config *config);
void merge_destroy(struct merge *merge);

/*
 * Adds a worker that owns slots from run time `from_ns` on; its seconds are awaited from then on.
 * Messages of unknown workers are refused, so call this first. Does nothing if the worker is known.
 * False: WIRE_WORKERS are known.
 */
bool merge_expect(struct merge *merge, const struct wire_worker *worker, uint64_t from_ns);

/*
 * Marks a worker as lost: its seconds are no longer awaited. `intended` is the number of requests
 * that it had to send until its slots went to others (epoch_part_count over its threads).
 * UINT64_MAX: not known, as in a closed loop; the number of unknown requests is then a lower bound.
 */
void merge_lose(struct merge *merge, const struct wire_worker *worker, uint64_t intended);

enum merge_take {
    MERGE_TAKEN,
    MERGE_KNOWN,    /* already taken */
    MERGE_DROPPED,  /* too late to know whether it was taken */
    MERGE_STRANGER, /* of another run, or of an unknown worker */
    MERGE_BAD,      /* malformed, or of a second that has not begun */
    MERGE_NEWER,    /* of a newer tally codec */
};

/*
 * Takes a tally. now_ns is the run time at which the broker stored it, so that a controller that
 * reads old messages still waits for seconds that follow. May give seconds and corrections.
 */
enum merge_take merge_take(struct merge *merge, const struct wire_tally *tally, uint64_t now_ns);

/*
 * Gives the seconds that are due at this run time. Call this several times per second, but not
 * while messages stored before now_ns are unread.
 */
void merge_tick(struct merge *merge, uint64_t now_ns);

/*
 * Takes the account of a worker: seconds after its last one are no longer expected. A second
 * account of the same worker has no effect. False: the worker is unknown, or it is of another run.
 */
bool merge_end(struct merge *merge, const struct wire_end *end);

/* True if this worker has given its account. */
bool merge_has_ended(const struct merge *merge, const struct wire_worker *worker);

/* True if every worker that is not lost has given its account, and its tallies have arrived. */
bool merge_is_complete(const struct merge *merge);

/* True if every worker that is not lost has given its account; tallies may be missing. */
bool merge_is_accounted(const struct merge *merge);

/*
 * Gives all seconds that are still open. Fills in the summary's counts (intended, started,
 * not_started, too_late, abandoned, iterations, lost_connects, spread), is_interrupted, and a
 * generator for each worker, in the order of merge_worker. A worker without an account counts as
 * lost. Take no more messages afterwards.
 */
void merge_finish(struct merge *merge);

/* The results of one worker, to be shown beside the merged ones. */
struct merge_worker {
    struct wire_worker who;
    bool is_lost;
    bool has_ended;          /* it gave its account */
    uint64_t second;         /* its newest; UINT64_MAX: none */
    struct wire_second last; /* at the end of that second */
    uint64_t unknown; /* requests; 0 unless it is lost, or its reports are incomplete at the end */
    bool is_at_least; /* `unknown` is a lower bound */
    struct wire_end end; /* valid if has_ended, without its environment */
};

size_t merge_count(const struct merge *merge);
struct merge_worker merge_worker(const struct merge *merge, size_t index);

/* The whole run so far: sums over the workers, as in struct second. */
struct merge_counts {
    uint64_t intended;
    uint64_t started;
    uint64_t ended; /* greater than in the total while tallies are missing */
    uint64_t in_flight;
    uint64_t unknown;
    bool is_at_least; /* `unknown` is a lower bound */
    uint64_t merged;  /* seconds that workers sent as part of a later one (`covers`) */
    uint64_t missing; /* seconds that were given without an expected worker, and have not arrived
                         since */
    uint64_t dropped; /* messages */
    uint64_t next;    /* index of the next second to be given */
};

struct merge_counts merge_counts(const struct merge *merge);

#endif
