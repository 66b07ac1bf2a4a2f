#include "loadgen/web/api/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loadgen/base/json/json_bytes.h"
#include "loadgen/capacity/compare/capacity_set.h"
#include "loadgen/capacity/compare/conditions.h"
#include "loadgen/capacity/compare/difference.h"

/* Smaller relative differences are never significant: the machine alone causes them. */
static const double PRECISION = 0.02;

static void set(json_t *json, const char *key, json_t *value)
{
    json_object_set_new(json, key, value);
}

static json_t *text_to_json(const char *text)
{
    return json_clean((struct slice){text, strlen(text)});
}

/* "17.0% more" */
static const char *print_change(double change, char text[32])
{
    snprintf(text, 32, "%.1f%% %s", fabs(100 * change), change < -0.0005 ? "less" : "more");
    return text;
}

/* Remarks. */

static void add_sentence(json_t *list, const char *text)
{
    json_array_append_new(list, text_to_json(text));
}

/* Names conditions that differ, such as the CPU. They make a comparison doubtful, not invalid. */
static json_t *list_remarks(const json_t *before, const json_t *after, const char *repeat)
{
    char condition[CONDITION_TEXT];
    char text[CONDITION_TEXT + 64];
    json_t *list = json_array();
    for (size_t i = 0; conditions_next(before, after, &i, condition);) {
        snprintf(text, sizeof text, "They were measured under different conditions: %s.",
                 condition);
        add_sentence(list, text);
    }
    add_sentence(list, repeat);
    return list;
}

/* Metrics. */

struct metric {
    const char *name;
    double a, b;
    bool has_change;
    struct difference difference;
    json_t *differs; /* true, false or null; taken over */
    const char *text;
};

static json_t *metric_to_json(const struct metric *metric)
{
    const struct difference *difference = &metric->difference;
    bool has_interval = metric->has_change && difference->has_interval;
    json_t *json = json_object();
    set(json, "name", json_string(metric->name));
    set(json, "a", json_real(metric->a));
    set(json, "b", json_real(metric->b));
    set(json, "change", metric->has_change ? json_real(difference->change) : json_null());
    set(json, "low", has_interval ? json_real(difference->low) : json_null());
    set(json, "high", has_interval ? json_real(difference->high) : json_null());
    set(json, "differs", metric->differs);
    set(json, "text", text_to_json(metric->text));
    return json;
}

static json_t *is_significant(const struct difference *difference)
{
    return difference->has_interval ? json_boolean(difference->low > 0 || difference->high < 0)
                                    : json_null();
}

/* Parts of runs. */

struct parts {
    double values[COMPARE_PARTS];
    size_t count;
};

static size_t find_column(const json_t *seconds, const char *name)
{
    const json_t *columns = json_object_get(seconds, "columns");
    size_t i = 0;
    while (i < json_array_size(columns) &&
           strcmp(json_string_value(json_array_get(columns, i)), name) != 0) {
        i++;
    }
    return i;
}

/* Whole points: the last one may have fewer seconds. */
static size_t count_points(const json_t *seconds)
{
    size_t count = json_array_size(json_object_get(seconds, "points"));
    return count > 1 ? count - 1 : 0;
}

/* The mean of a column over some points, or of its sums per second; 0: there is none. */
static double mean_of(const json_t *seconds, const char *column, bool is_sum, size_t from,
                      size_t to)
{
    const json_t *points = json_object_get(seconds, "points");
    double width = json_number_value(json_object_get(seconds, "width"));
    size_t at = find_column(seconds, column);
    double sum = 0;
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        const json_t *value = json_array_get(json_array_get(points, i), at);
        sum += json_number_value(value);
        count += json_is_number(value);
    }
    return count > 0 ? sum / (double)count / (is_sum ? width : 1) : 0;
}

/* Values of 0 have no logarithm. */
static struct parts cut(const json_t *seconds, const char *column, bool is_sum)
{
    struct parts parts = {0};
    size_t points = count_points(seconds);
    size_t pieces = points < COMPARE_PARTS ? points : COMPARE_PARTS;
    for (size_t i = 0; i < pieces; i++) {
        double mean =
            mean_of(seconds, column, is_sum, i * points / pieces, (i + 1) * points / pieces);
        if (mean > 0) {
            parts.values[parts.count++] = mean;
        }
    }
    return parts;
}

/* Of users or at a rate. */

static const struct column {
    const char *name;   /* of the metric */
    const char *key;    /* in the summary */
    const char *column; /* in the seconds */
    bool is_sum;
} columns[] = {
    {"rate", "rate", "ended", true},
    {"p50_ms", "p50_ms", "p50", false},
    {"p95_ms", "p95_ms", "p95", false},
    {"p99_ms", "p99_ms", "p99", false},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static const char *print_difference(const char *name, const struct difference *difference,
                                    char text[256])
{
    char change[32], low[32], high[32];
    print_change(difference->change, change);
    if (!difference->has_interval) {
        snprintf(text, 256, "%s: b has %s; the runs are too short to show whether this is chance",
                 name, change);
    } else {
        bool differs = difference->low > 0 || difference->high < 0;
        snprintf(text, 256, "%s: b has %s, 95%% interval %s to %s%s", name, change,
                 print_change(difference->low, low), print_change(difference->high, high),
                 differs ? "" : "; not significant");
    }
    return text;
}

static json_t *compare_column(const struct compare_side *a, const struct compare_side *b,
                              const struct column *column)
{
    char text[256];
    const struct parts old = cut(a->seconds, column->column, column->is_sum);
    const struct parts new = cut(b->seconds, column->column, column->is_sum);
    struct metric metric = {
        .name = column->name,
        .a = json_number_value(json_object_get(a->summary, column->key)),
        .b = json_number_value(json_object_get(b->summary, column->key)),
        .has_change = old.count > 0 && new.count > 0,
    };
    if (metric.has_change) {
        metric.difference = difference_of(&(struct capacities){old.values, old.count, PRECISION},
                                          &(struct capacities){new.values, new.count, PRECISION});
        metric.differs = is_significant(&metric.difference);
        metric.text = print_difference(column->name, &metric.difference, text);
    } else {
        metric.differs = json_null();
        snprintf(text, sizeof text, "%s: missing in at least one run", column->name);
        metric.text = text;
    }
    return metric_to_json(&metric);
}

/* Wilson's 95% interval of a share. */
struct share {
    double share, low, high;
};

static struct share share_of(const json_t *summary)
{
    const double z = 1.959964;
    double n = json_number_value(json_object_get(summary, "requests"));
    double failures = json_number_value(json_object_get(summary, "failures"));
    if (n <= 0) {
        return (struct share){0, 0, 1};
    }
    double p = failures / n;
    double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return (struct share){p, middle - half, middle + half};
}

static json_t *compare_failures(const struct compare_side *a, const struct compare_side *b)
{
    char text[256];
    const struct share old = share_of(a->summary);
    const struct share new = share_of(b->summary);
    bool differs = old.low > new.high || new.low > old.high;
    snprintf(text, sizeof text, "failures: %.3g%% in a, %.3g%% in b%s", 100 * old.share,
             100 * new.share, differs ? "" : "; not significant");
    const struct metric metric = {
        .name = "failures",
        .a = old.share,
        .b = new.share,
        .differs = json_boolean(differs),
        .text = text,
    };
    return metric_to_json(&metric);
}

/* "The runs differ in rate and p99_ms." */
static json_t *conclude(const json_t *metrics)
{
    char text[256] = "No significant difference.";
    const char *names[COLUMNS + 1] = {NULL};
    size_t count = 0;
    size_t i = 0;
    const json_t *metric = NULL;
    json_array_foreach(metrics, i, metric)
    {
        if (json_is_true(json_object_get(metric, "differs"))) {
            names[count++] = json_string_value(json_object_get(metric, "name"));
        }
    }
    int length = 0;
    for (i = 0; i < count; i++) {
        const char *between = i == 0 ? "The runs differ in " : i + 1 < count ? ", " : " and ";
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%s%s", between, names[i],
                           i + 1 == count ? "." : "");
    }
    return json_string(text);
}

static json_t *compare_loads(const struct compare_side *a, const struct compare_side *b)
{
    json_t *metrics = json_array();
    for (size_t i = 0; i < COLUMNS; i++) {
        json_array_append_new(metrics, compare_column(a, b, &columns[i]));
    }
    json_array_append_new(metrics, compare_failures(a, b));
    json_t *before = conditions_of(a->report);
    json_t *after = conditions_of(b->report);
    json_t *remarks = list_remarks(before, after,
                                   "Each is a single run, which does not show how much runs "
                                   "vary; repeat both.");
    json_decref(before);
    json_decref(after);
    return json_pack("{s:o, s:o, s:o}", "text", conclude(metrics), "metrics", metrics, "remarks",
                     remarks);
}

/* Searches. */

/* One search each has no interval, but no search is more precise than its width. */
static json_t *judge_single(const struct difference *difference, double width)
{
    return fabs(difference->change) <= width ? json_false() : json_null();
}

static const char *print_capacities(const struct difference *difference, double width,
                                    char text[256])
{
    char change[32];
    snprintf(text, 256,
             fabs(difference->change) <= width
                 ? "b sustains %s, which is within the precision of a search, %.0f%%"
                 : "b sustains %s, which is more than the precision of a search, %.0f%%; repeat "
                   "both searches to be certain",
             print_change(difference->change, change), 100 * width);
    return text;
}

static json_t *compare_capacities(const struct capacity_set *a, const struct capacity_set *b)
{
    char text[256];
    char repeat[128];
    const struct difference difference =
        difference_of(&(struct capacities){a->rates, a->count, a->width},
                      &(struct capacities){b->rates, b->count, b->width});
    double width = fmax(a->width, b->width);
    const struct metric metric = {
        .name = "capacity",
        .a = a->rates[0],
        .b = b->rates[0],
        .has_change = true,
        .difference = difference,
        .differs = judge_single(&difference, width),
        .text = print_capacities(&difference, width, text),
    };
    snprintf(repeat, sizeof repeat,
             "A 95%% interval needs at least %d searches in each set; loadgen compare takes sets.",
             DIFFERENCE_RUNS_MIN);
    return json_pack("{s:o, s:[o], s:o}", "text", text_to_json(text), "metrics",
                     metric_to_json(&metric), "remarks",
                     list_remarks(a->conditions, b->conditions, repeat));
}

static bool take_search(struct capacity_set *set, const struct compare_side *side, struct err *err)
{
    *set = (struct capacity_set){0};
    return (side->report ||
            err_set(err, ERR_USAGE, "%s is a search that was not completed", side->name)) &&
           capacity_set_add(set, side->report, side->name, true, err);
}

static json_t *compare_searches(const struct compare_side *a, const struct compare_side *b,
                                struct err *err)
{
    struct capacity_set sets[2] = {0};
    json_t *json = take_search(&sets[0], a, err) && take_search(&sets[1], b, err)
                       ? compare_capacities(&sets[0], &sets[1])
                       : NULL;
    capacity_set_free(&sets[0]);
    capacity_set_free(&sets[1]);
    return json;
}

json_t *compare_sides(const struct compare_side *a, const struct compare_side *b, struct err *err)
{
    bool is_search = strcmp(a->kind, "capacity") == 0;
    json_t *json = NULL;
    if (is_search != (strcmp(b->kind, "capacity") == 0)) {
        err_set(err, ERR_USAGE, "a capacity search and a run of another kind cannot be compared");
    } else if (is_search) {
        json = compare_searches(a, b, err);
    } else if (!json_is_object(a->summary) || !json_is_object(b->summary)) {
        err_set(err, ERR_USAGE, "%s has no numbers",
                json_is_object(a->summary) ? b->name : a->name);
    } else {
        json = compare_loads(a, b);
    }
    if (json) {
        json_object_set(json, "a", a->run);
        json_object_set(json, "b", b->run);
    }
    return json;
}
