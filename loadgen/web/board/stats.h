/*
 * stats - statistics of a run since its start or the last reset, and of the last seconds.
 *
 * Threads: one at a time. Memory: stats_fini. Texts of errors belong to the run's text pool, so a
 * run must be discarded (stats_clear) before its summary is destroyed.
 */
#ifndef LOADGEN_WEB_BOARD_STATS_H
#define LOADGEN_WEB_BOARD_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "loadgen/binary/journal.h"
#include "loadgen/measure/tally.h"
#include "loadgen/report/locust/recent.h"
#include "loadgen/report/locust/stats.h"
#include "loadgen/target/rows.h"

struct stats {
    struct tally *total;
    struct locust_recent *recent; /* with times */
    uint64_t start_ns;            /* of `total`, on the clock of its moments */
    /* private */
    struct rows rows;           /* names of the rows of `total` */
    struct locust_stats *shown; /* of stats_show */
    bool is_shown;              /* `shown` is up to date */
    uint64_t elapsed_ns;        /* of the run */
    uint64_t reset_ns;          /* when `total` was last reset, since the start of the run */
};

/* False: out of memory. */
bool stats_init(struct stats *stats);
void stats_fini(struct stats *stats);

/* Discards the run before the next one. */
void stats_clear(struct stats *stats);

/* Resets the statistics. */
void stats_reset(struct stats *stats);

/* Adds a second of the run. */
void stats_add(struct stats *stats, const struct second *second);

/*
 * The rows of Locust's tables, valid until the next change. They are computed at most once per
 * second.
 */
const struct locust_stats *stats_show(struct stats *stats);

#endif
