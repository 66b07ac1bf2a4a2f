#include "loadgen/plot/data.h"

#include <stddef.h>
#include <stdlib.h>

#include "common/clock.h"
#include "loadgen/plot/percentiles.h"
#include "loadgen/plot/rates.h"
#include "loadgen/report/report.h"

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *milliseconds(uint64_t ns)
{
    return json_real((double)ns / (double)NS_PER_MS);
}

/* Since the start of the first interval. */
static json_t *moment(const struct timeline *timeline, uint64_t ns)
{
    return json_real((double)(ns - timeline->first * timeline->width_ns) / (double)NS_PER_S);
}

static json_t *series_name(const struct summary *summary, size_t series)
{
    const struct rows *rows = &summary->rows;
    bool is_shared =
        series == TIMELINE_SERIES - 1 && rows->count + (rows->others > 0) > TIMELINE_SERIES;
    return is_shared ? json_string("all other targets")
                     : json_sprintf("%s%s", rows_name(rows, series), report_row_mark(rows, series));
}

/* The non-empty intervals. */
static json_t *cells(const struct timeline *timeline, size_t series)
{
    json_t *list = json_array();
    for (size_t i = 0; i < timeline_length(timeline); i++) {
        const struct timeline_cell *cell = timeline_cell(timeline, series, i);
        if (cell && cell->count > 0) {
            json_array_append_new(list, json_pack("[o, o, o, o, o, o, o]", integer(i),
                                                  integer(cell->count), milliseconds(cell->min_ns),
                                                  milliseconds(timeline_percentile(cell, 500000)),
                                                  milliseconds(timeline_percentile(cell, 990000)),
                                                  milliseconds(cell->max_ns),
                                                  moment(timeline, cell->max_at_ns)));
        }
    }
    return list;
}

static json_t *series_list(const struct timeline *timeline, const struct summary *summary)
{
    json_t *list = json_array();
    for (size_t s = 0; s < TIMELINE_SERIES; s++) {
        bool is_reduced = !timeline_has_points(timeline);
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "name", series_name(summary, s),
                                              "requests", integer(timeline->counts[s]), "cells",
                                              is_reduced ? cells(timeline, s) : json_array()));
    }
    return list;
}

static int compare_points(const void *a, const void *b)
{
    const struct timeline_point *x = a;
    const struct timeline_point *y = b;
    return (x->intended_ns > y->intended_ns) - (x->intended_ns < y->intended_ns);
}

static json_t *points(const struct timeline *timeline)
{
    if (!timeline_has_points(timeline)) {
        return json_null();
    }
    json_t *list = json_array();
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_point *point = &timeline->points[i];
        json_array_append_new(list, json_pack("[o, o, i, i]", moment(timeline, point->intended_ns),
                                              milliseconds(point->latency_ns), (int)point->series,
                                              point->is_failure ? (int)point->outcome : -1));
    }
    return list;
}

static json_t *failures(const struct timeline *timeline)
{
    json_t *list = json_array();
    for (size_t kind = 0; kind < OUTCOMES_ALL; kind++) {
        json_t *marks = json_array();
        for (size_t i = 0; timeline->failures[kind] > 0 && i < timeline_length(timeline); i++) {
            const struct timeline_failures *failures = &timeline_flow(timeline, i)->failures[kind];
            if (failures->count > 0) {
                json_array_append_new(marks,
                                      json_pack("[o, o, o]", integer(i), integer(failures->count),
                                                milliseconds(failures->max_ns)));
            }
        }
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "kind", error_kind_names[kind],
                                              "requests", integer(timeline->failures[kind]),
                                              "marks", marks));
    }
    return list;
}

static json_t *rates(const struct timeline *timeline)
{
    struct rate_span *spans = calloc(timeline_length(timeline) + 1, sizeof *spans);
    if (!spans) {
        return NULL;
    }
    json_t *list = json_array();
    size_t count = rates_of(timeline, spans);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_pack("[o, o, f, f, f]", integer(spans[i].begin),
                                              integer(spans[i].end), spans[i].sent,
                                              spans[i].succeeded, spans[i].failed));
    }
    free(spans);
    return list;
}

static json_t *in_flight(const struct timeline *timeline)
{
    struct level_span *spans = calloc(timeline_length(timeline) + 1, sizeof *spans);
    if (!spans) {
        return NULL;
    }
    json_t *list = json_array();
    size_t count = rates_levels(timeline, spans);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_pack("[o, o, f]", integer(spans[i].begin),
                                              integer(spans[i].end), spans[i].in_flight));
    }
    free(spans);
    return list;
}

/* The histogram at this offset of each row. Rows that share the last series are merged in `room`.
 */
static json_t *series_distributions(const struct summary *summary, size_t offset,
                                    struct histogram *room)
{
    json_t *list = json_array();
    for (size_t s = 0; s < TIMELINE_SERIES; s++) {
        size_t end = s < TIMELINE_SERIES - 1 ? s + 1 : ROWS_ALL;
        histogram_clear(room);
        for (size_t row = s; row < end; row++) {
            const char *at = (const char *)&summary->tally->rows[row] + offset;
            histogram_merge(room, (const struct histogram *)at);
        }
        json_array_append_new(list, percentiles_to_json(room));
    }
    return list;
}

static json_t *percentiles(const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    struct histogram *room = calloc(1, sizeof *room);
    if (!room) {
        return NULL;
    }
    json_t *json = json_pack(
        "{s:{s:o, s:o}, s:{s:o, s:o}}", "latency", "all", percentiles_to_json(&tally->latency),
        "series", series_distributions(summary, offsetof(struct tally_row, latency), room),
        "response", "all", percentiles_to_json(&tally->response), "series",
        series_distributions(summary, offsetof(struct tally_row, response), room));
    histogram_fini(room);
    free(room);
    return json;
}

json_t *plot_data(struct timeline *timeline, const struct summary *summary)
{
    if (timeline_has_points(timeline)) {
        qsort(timeline->points, timeline->count, sizeof *timeline->points, compare_points);
    }
    return json_pack("{s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "width",
                     (double)timeline->width_ns / (double)NS_PER_S, "length",
                     integer(timeline_length(timeline)), "requests", integer(timeline->count),
                     "points", points(timeline), "series", series_list(timeline, summary),
                     "failures", failures(timeline), "rates", rates(timeline), "in_flight",
                     in_flight(timeline), "percentiles", percentiles(summary));
}
