#include "loadgen/web/board/stats.h"

#include <string.h>

bool stats_init(struct stats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->total = tally_create(true, false);
    stats->recent = locust_recent_create(true);
    stats->shown = locust_stats_create();
    return stats->total && stats->recent && stats->shown;
}

void stats_fini(struct stats *stats)
{
    locust_stats_destroy(stats->shown);
    locust_recent_destroy(stats->recent);
    rows_free(&stats->rows);
    tally_destroy(stats->total);
}

void stats_reset(struct stats *stats)
{
    stats->is_shown = false;
    tally_clear(stats->total);
    stats->recent->count = 0;
    memset(stats->recent->moments, 0, sizeof stats->recent->moments);
    stats->start_ns += stats->elapsed_ns - stats->reset_ns;
    stats->reset_ns = stats->elapsed_ns;
}

void stats_clear(struct stats *stats)
{
    stats->elapsed_ns = 0;
    stats->reset_ns = 0;
    stats_reset(stats);
    stats->start_ns = 0;
    rows_free(&stats->rows);
}

/* Rows get the same indexes as in the run, because names are added in the same order. */
static void follow_rows(struct rows *rows, const struct rows *of_run)
{
    size_t count = of_run->count;
    for (size_t i = rows->count; i < count; i++) {
        rows_add(rows, rows_name(of_run, i));
    }
}

void stats_add(struct stats *stats, const struct second *second)
{
    stats->is_shown = false;
    follow_rows(&stats->rows, second->rows);
    tally_merge(stats->total, second->tally);
    stats->elapsed_ns = second->elapsed_ns;
    stats->start_ns = second->start_ns + stats->reset_ns;
    locust_recent_add(stats->recent, second->tally, stats->total,
                      second->elapsed_ns - stats->reset_ns);
}

const struct locust_stats *stats_show(struct stats *stats)
{
    if (!stats->is_shown) {
        locust_stats_take(stats->shown, stats->total, &stats->rows, stats->start_ns);
        stats->is_shown = true;
    }
    return stats->shown;
}
