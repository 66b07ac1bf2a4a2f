#include "loadgen/report/locust/stats.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

struct locust_stats *locust_stats_create(void)
{
    struct locust_stats *stats = calloc(1, sizeof *stats);
    if (stats) {
        histogram_clear(&stats->sum);
        stats->total.method = "";
        stats->total.name = "Aggregated";
    }
    return stats;
}

void locust_stats_destroy(struct locust_stats *stats)
{
    if (stats) {
        histogram_fini(&stats->sum);
    }
    free(stats);
}

/* Splits "CLASS METHOD NAME". */
static struct locust_row named(const char *text)
{
    const char *method = strchr(text, ' ');
    const char *name = method ? strchr(method + 1, ' ') : NULL;
    if (!name) {
        return (struct locust_row){.method = "", .name = text};
    }
    return (struct locust_row){
        .method = method + 1,
        .method_length = (int)(name - method - 1),
        .name = name + 1,
    };
}

static int compare_rows(const struct locust_row *a, const struct locust_row *b)
{
    int order = strcmp(a->name, b->name);
    size_t length =
        (size_t)(a->method_length < b->method_length ? a->method_length : b->method_length);
    order = order ? order : memcmp(a->method, b->method, length);
    return order ? order : a->method_length - b->method_length;
}

/* At first, each used row of the tally is a separate row, and `begin` is its index. */
static int compare(const void *a, const void *b)
{
    const struct locust_row *x = a;
    const struct locust_row *y = b;
    int order = compare_rows(x, y);
    return order ? order : (x->begin > y->begin) - (x->begin < y->begin);
}

static size_t sort(struct locust_row *rows, const struct tally_row *used, const struct rows *names)
{
    size_t count = 0;
    for (size_t i = 0; used && i < ROWS_ALL; i++) {
        if (used[i].is_used && used[i].ended > 0) {
            rows[count] = named(rows_name(names, i));
            rows[count++].begin = i;
        }
    }
    qsort(rows, count, sizeof *rows, compare);
    return count;
}

/* Merges rows with the same method and name, which are adjacent. */
static void join(struct locust_stats *stats, size_t sorted)
{
    stats->count = 0;
    for (size_t i = 0; i < sorted; i++) {
        struct locust_row row = stats->rows[i];
        struct locust_row *last = stats->count > 0 ? &stats->rows[stats->count - 1] : NULL;
        stats->members[i] = (uint16_t)row.begin;
        if (!last || compare_rows(last, &row) != 0) {
            last = &stats->rows[stats->count++];
            *last = row;
            last->begin = i;
        }
        last->end = i + 1;
        stats->row_of[stats->members[i]] = (uint16_t)(stats->count - 1);
    }
}

void locust_stats_percentiles(const struct histogram *times,
                              uint64_t percentiles_ns[LOCUST_PERCENTILES_ALL])
{
#define X(per_million, title) per_million,
    static const uint32_t ranks[] = {LOCUST_PERCENTILES(X)};
#undef X
    histogram_percentiles(times, ranks, LOCUST_PERCENTILES_ALL, percentiles_ns);
}

static void take_times(struct locust_row *row, const struct histogram *times)
{
    row->timed = times->count;
    row->sum_ns = times->sum_ns;
    row->min_ns = times->count > 0 ? times->min_ns : 0;
    row->max_ns = times->max_ns;
    locust_stats_percentiles(times, row->percentiles_ns);
}

static void take_row(struct locust_stats *stats, struct locust_row *row,
                     const struct tally_row *rows)
{
    const struct histogram *times = &rows[stats->members[row->begin]].latency;
    if (row->end - row->begin > 1) {
        histogram_clear(&stats->sum);
    }
    for (size_t i = row->begin; i < row->end; i++) {
        const struct tally_row *member = &rows[stats->members[i]];
        row->requests += member->ended;
        row->failures += member->ended - member->successes;
        row->bytes += member->bytes_in;
        if (row->end - row->begin > 1) {
            histogram_merge(&stats->sum, &member->latency);
            times = &stats->sum;
        }
    }
    take_times(row, times);
}

void locust_stats_take(struct locust_stats *stats, const struct tally *tally,
                       const struct rows *names, uint64_t start_ns)
{
    struct locust_row *total = &stats->total;
    join(stats, sort(stats->rows, tally->rows, names));
    for (size_t i = 0; i < stats->count; i++) {
        take_row(stats, &stats->rows[i], tally->rows);
    }
    total->requests = tally->counters.ended;
    total->failures = tally->counters.ended - tally_successes(tally);
    total->bytes = tally->bytes_in;
    take_times(total, &tally->latency);
    bool has_span = tally->counters.ended > 0 && tally->end_ns > start_ns;
    stats->seconds = has_span ? (double)(tally->end_ns - start_ns) / (double)NS_PER_S : 0;
}

double locust_stats_rate(const struct locust_stats *stats, uint64_t count)
{
    return stats->seconds > 0 ? (double)count / stats->seconds : 0;
}
