/*
 * window - the last ten seconds of a run, which are judged like a separate run
 * (verdict/generator.h).
 *
 * The verdict on a whole run does not say what limits it now: a generator that was slow in its
 * first second stays "disturbed", and one that becomes slow after an hour still looks "clean".
 *
 * The window ends with the last second that was added. It is shorter at the beginning of a run.
 *
 * Threads: one at a time. Memory: window_fini. A few kB for each second's histograms, and a tally.
 */
#ifndef LOADGEN_WEB_BOARD_WINDOW_H
#define LOADGEN_WEB_BOARD_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loadgen/base/bytes.h"
#include "loadgen/binary/journal.h"
#include "loadgen/measure/summary.h"
#include "loadgen/scrape/load.h"

/* Seconds of the window, and moments at their bounds. */
enum { WINDOW_SECONDS = 10, WINDOW_MOMENTS = WINDOW_SECONDS + 1 };

/* The histograms of a tally that the verdict reads. */
#define WINDOW_TIMES(X)                                                                            \
    X(latency)                                                                                     \
    X(response)                                                                                    \
    X(lag)                                                                                         \
    X(loop)

/* Since the start of the run. */
struct window_moment {
    struct generator generator;
    struct load_sums target;
};

/* The histograms of a second, encoded (histogram_codec.h). */
struct window_times {
#define X(name) struct bytes name;
    WINDOW_TIMES(X)
#undef X
};

struct window {
    uint64_t count; /* seconds so far */
    struct window_moment moments[WINDOW_MOMENTS];
    struct window_times times[WINDOW_SECONDS];
    struct summary shown; /* of window_show */
    bool is_shown;        /* `shown` is up to date */
};

/* False: out of memory. */
bool window_init(struct window *window);
void window_fini(struct window *window);

/* Discards the run. `target`: the resources that the target has used so far. */
void window_clear(struct window *window, const struct load_sums *target);

/* Adds a second. `target`: the resources that the target has used up to its end. */
void window_add(struct window *window, const struct second *second, const struct load_sums *target);

/*
 * The window as a summary with the fields that the verdict reads, but without errors and
 * `too_late`. Valid until the next change. It is computed at most once per second.
 */
const struct summary *window_show(struct window *window);

/* The resources that the target has used in the window. */
struct load_sums window_target(const struct window *window);

#endif
