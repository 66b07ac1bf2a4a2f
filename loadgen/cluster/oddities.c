#include "loadgen/cluster/oddities.h"

#include <stdio.h>
#include <stdlib.h>

#include "loadgen/base/duration.h"
#include "loadgen/base/memory.h"
#include "loadgen/cluster/outlier.h"

static double p50_of(const struct merge_worker *worker)
{
    return (double)worker->last.p50_ns;
}

static double p99_of(const struct merge_worker *worker)
{
    return (double)worker->last.p99_ns;
}

static double lag_of(const struct merge_worker *worker)
{
    return (double)worker->last.lag_p99_ns;
}

static double cpu_of(const struct merge_worker *worker)
{
    return generator_cpu_share(&worker->last.generator);
}

static double throttled_of(const struct merge_worker *worker)
{
    const struct generator *generator = &worker->last.generator;
    return generator->wall_seconds > 0 ? generator->throttled_seconds / generator->wall_seconds : 0;
}

static const struct oddity_measure measures[] = {
    {"latency p50", ODDITY_NS, p50_of},
    {"latency p99", ODDITY_NS, p99_of},
    {"lag p99", ODDITY_NS, lag_of},
    {"CPU", ODDITY_SHARE, cpu_of},
    {"throttled", ODDITY_SHARE, throttled_of},
};

/* The workers that are compared. */
struct group {
    size_t count;
    size_t *workers; /* indices */
    double *values;
    bool *stand_out;
};

static struct group group_of(const struct merge *merge)
{
    size_t most = merge_count(merge) + 1; /* calloc(0) may return NULL */
    struct group group = {
        .workers = memory_of(calloc(most, sizeof *group.workers)),
        .values = memory_of(calloc(most, sizeof *group.values)),
        .stand_out = memory_of(calloc(most, sizeof *group.stand_out)),
    };
    for (size_t i = 0; i < merge_count(merge); i++) {
        struct merge_worker worker = merge_worker(merge, i);
        if (worker.second != UINT64_MAX && !worker.is_lost) {
            group.workers[group.count++] = i;
        }
    }
    return group;
}

static void free_group(struct group *group)
{
    free(group->workers);
    free(group->values);
    free(group->stand_out);
}

/* Adds the workers that stand out by one measure. Returns the new count. */
static size_t add_odd(const struct merge *merge, const struct oddity_measure *measure,
                      struct group *group, struct oddity *list, size_t count, size_t room)
{
    for (size_t i = 0; i < group->count; i++) {
        struct merge_worker worker = merge_worker(merge, group->workers[i]);
        group->values[i] = measure->value(&worker);
    }
    if (outlier_find(group->values, group->count, group->stand_out) == 0) {
        return count;
    }
    double median = outlier_median(group->values, group->count);
    for (size_t i = 0; i < group->count && count < room; i++) {
        if (group->stand_out[i]) {
            list[count++] = (struct oddity){group->workers[i], measure, group->values[i], median};
        }
    }
    return count;
}

size_t oddities_find(const struct merge *merge, struct oddity *list, size_t room)
{
    struct group group = group_of(merge);
    size_t count = 0;
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
        count = add_odd(merge, &measures[i], &group, list, count, room);
    }
    free_group(&group);
    return count;
}

static const char *print_value(const struct oddity *oddity, double value, char text[DURATION_TEXT])
{
    if (oddity->measure->unit == ODDITY_NS) {
        return duration_print_short((uint64_t)value, text);
    }
    snprintf(text, DURATION_TEXT, "%.3g%%", value * 100);
    return text;
}

const char *oddity_print(const struct oddity *oddity, char text[ODDITY_TEXT])
{
    char value[DURATION_TEXT];
    char median[DURATION_TEXT];
    snprintf(text, ODDITY_TEXT, "%s %s (median of all workers %s)", oddity->measure->name,
             print_value(oddity, oddity->value, value),
             print_value(oddity, oddity->median, median));
    return text;
}
