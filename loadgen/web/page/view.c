#include "loadgen/web/page/view.h"

#include <string.h>

#include "common/clock.h"
#include "common/slice.h"
#include "common/version.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/measure/summary.h"
#include "loadgen/report/generator_text.h"
#include "loadgen/report/locust/errors.h"
#include "loadgen/verdict/generator.h"
#include "loadgen/verdict/slo.h"
#include "loadgen/web/board/board.h"
#include "loadgen/web/orders/arguments.h"
#include "loadgen/web/orders/orders.h"
#include "loadgen/web/page/slo_view.h"
#include "loadgen/web/page/target_view.h"

enum { LIST_MAX = 500 }; /* rows of a table */

static json_t *text_or_null(const char *text)
{
    return text ? json_clean(slice_of(text)) : json_null();
}

static json_t *count_of(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *ms_of(uint64_t ns)
{
    return json_real((double)ns / (double)NS_PER_MS);
}

static json_t *ms_or_null(uint64_t ns, bool is_known)
{
    return is_known ? ms_of(ns) : json_null();
}

static void set(json_t *json, const char *key, json_t *value)
{
    json_object_set_new(json, key, value);
}

static json_t *rate_or_null(double per_s)
{
    return per_s > 0 ? json_real(per_s) : json_null();
}

/* A copy, because two threads must not use a Jansson value at the same time. */
static json_t *copy_or_null(const json_t *json)
{
    return json ? json_deep_copy(json) : json_null();
}

/* The order. */

static json_t *kinds_to_json(const struct board *board)
{
    json_t *list = json_array();
    for (size_t i = 0; i < RUN_KINDS; i++) {
        if (board->runners[i]) {
            json_array_append_new(list, json_string(run_kind_names[i]));
        }
    }
    return list;
}

static json_t *kind_to_json(const struct board *board)
{
    return board_has_run(board) ? json_string(run_kind_names[board->order.kind]) : json_null();
}

/* The order of the last run if it is of this kind, otherwise the values of the command line. */
static const struct run_order *order_of(const struct board *board, enum run_kind kind)
{
    static const struct run_order nothing = {0};
    bool is_last = board_has_run(board) && board->order.kind == kind;
    const struct runner *runner = board->runners[kind];
    return is_last ? &board->order : runner ? &runner->defaults : &nothing;
}

/* The run time of the last run, or that of the command line. */
static uint64_t run_time_of(const struct board *board)
{
    const struct runner *first = board->runners[RUN_USERS];
    first = first ? first : board->runners[RUN_RATE];
    bool is_first = !board_has_run(board) && first;
    return is_first ? first->defaults.run_time_ns : board->order.run_time_ns;
}

/* A search has its own host and number of users. */
static void add_scenario(json_t *json, const struct board *board)
{
    bool is_search = board_has_run(board) && board->order.kind == RUN_CAPACITY;
    const struct run_order *users = order_of(board, RUN_USERS);
    const struct run_order *last = is_search ? &board->order : users;
    uint64_t count = is_search ? board->order.users : users->users;
    set(json, "users", count > 0 ? count_of(count) : json_null());
    set(json, "spawn_rate", rate_or_null(users->spawn_per_s));
    set(json, "host", text_or_null(is_search ? board->order.host : board_host(board)));
    set(json, "arguments", arguments_to_json(&last->arguments));
}

static void add_rate(json_t *json, const struct run_order *rate)
{
    bool is_constant = rate->course == COURSE_CONSTANT;
    set(json, "rate", rate_or_null(is_constant ? rate->rate_per_s : 0));
    for (size_t i = COURSE_CONSTANT + 1; i < RUN_COURSES; i++) {
        set(json, run_course_names[i], text_or_null(i == rate->course ? rate->course_text : NULL));
    }
    set(json, "arrival",
        text_or_null(rate->arrival != ARRIVAL_DEFAULT ? orders_arrival_names[rate->arrival]
                                                      : NULL));
}

static json_t *order_to_json(const struct board *board)
{
    const struct run_order *capacity = order_of(board, RUN_CAPACITY);
    uint64_t run_time_ns = run_time_of(board);
    json_t *json = json_object();
    set(json, "kind", kind_to_json(board));
    add_scenario(json, board);
    set(json, "run_time_s", run_time_ns > 0 ? count_of(run_time_ns / NS_PER_S) : json_null());
    add_rate(json, order_of(board, RUN_RATE));
    set(json, "min_rate", rate_or_null(capacity->min_rate_per_s));
    set(json, "max_rate", rate_or_null(capacity->max_rate_per_s));
    set(json, "quick", json_boolean(capacity->is_quick));
    return json;
}

/* The default arrivals of a rate. Null: rates are not offered. */
static json_t *arrival_to_json(const struct board *board)
{
    const struct runner *rate = board->runners[RUN_RATE];
    return text_or_null(rate ? orders_arrival_names[rate->defaults.arrival] : NULL);
}

/* The SLO. */

/* "p99" of "p99<100ms" */
static json_t *limit_to_json(const struct slo_criterion *criterion)
{
    json_t *json = json_object();
    struct slice name = {criterion->text, strcspn(criterion->text, "<= ")};
    set(json, "percentile", json_clean(name));
    set(json, "limit_ms", json_real(criterion->limit / (double)NS_PER_MS));
    return json;
}

/* Limits of percentiles of all requests, for lines in charts. */
static json_t *limits_to_json(const struct slo *slo)
{
    json_t *list = json_array();
    for (size_t i = 0; slo && i < slo->count; i++) {
        if (slo->list[i].metric == SLO_PERCENTILE && !slo->list[i].target) {
            json_array_append_new(list, limit_to_json(&slo->list[i]));
        }
    }
    return list;
}

/* Numbers of all requests. */

static json_t *total_to_json(const struct locust_stats *stats)
{
    const struct locust_row *row = &stats->total;
    bool has_times = row->timed > 0;
    json_t *json = json_object();
    set(json, "requests", count_of(row->requests));
    set(json, "failures", count_of(row->failures));
    set(json, "rate", json_real(locust_stats_rate(stats, row->requests)));
    set(json, "failure_rate", json_real(locust_stats_rate(stats, row->failures)));
    set(json, "p50", ms_or_null(row->percentiles_ns[LOCUST_MEDIAN], has_times));
    set(json, "p95", ms_or_null(row->percentiles_ns[LOCUST_P95], has_times));
    set(json, "p99", ms_or_null(row->percentiles_ns[LOCUST_P99], has_times));
    set(json, "max", ms_or_null(row->max_ns, has_times));
    return json;
}

static json_t *recent_to_json(const struct board *board)
{
    static const uint16_t all_rows = LOCUST_TOTAL;
    const struct locust_recent *recent = board->stats.recent;
    if (!board_is_on(board)) {
        return json_null();
    }
    struct locust_rates rates = locust_recent_rates(recent, &all_rows, 1);
    struct histogram times = {0};
    histogram_clear(&times);
    locust_recent_times(recent, &all_rows, 1, &times);
    bool has_times = times.count > 0;
    json_t *json = json_object();
    set(json, "rate", json_real(rates.requests));
    set(json, "failure_rate", json_real(rates.failures));
    set(json, "p50", ms_or_null(histogram_percentile(&times, 500000), has_times));
    set(json, "p95", ms_or_null(histogram_percentile(&times, 950000), has_times));
    set(json, "p99", ms_or_null(histogram_percentile(&times, 990000), has_times));
    set(json, "max", ms_or_null(times.max_ns, has_times));
    histogram_fini(&times);
    return json;
}

/* The verdict on the generator; null without requests. */
static json_t *verdict_to_json(const struct summary *summary)
{
    char text[GENERATOR_TEXT];
    if (summary->generator.threads == 0 || summary->tally->counters.ended == 0) {
        return json_null();
    }
    struct generator_verdict verdict = generator_judge(summary, NULL);
    json_t *json = json_object();
    set(json, "class", json_string(generator_class_name(verdict.class)));
    set(json, "text", json_clean(slice_of(generator_verdict_print(&verdict, summary, text))));
    return json;
}

/* The verdicts on the run so far, and on the last seconds. */
static json_t *generator_to_view(struct board *board)
{
    const struct summary summary = {
        .tally = board->stats.total,
        .generator = board->generator,
        .is_going_on = board_is_on(board),
    };
    json_t *json = verdict_to_json(&summary);
    if (json_is_object(json)) {
        bool is_on = board_is_on(board);
        set(json, "recent", is_on ? verdict_to_json(window_show(&board->window)) : json_null());
    }
    return json;
}

/* Tables. */

static json_t *method_of(const struct locust_row *row)
{
    return json_clean((struct slice){row->method, (size_t)row->method_length});
}

static json_t *row_to_json(const struct board *board, const struct locust_stats *stats,
                           const struct locust_row *row)
{
    bool has_times = row->timed > 0;
    struct locust_rates now = {0};
    if (board_is_on(board)) {
        now = locust_recent_rates(board->stats.recent, &stats->members[row->begin],
                                  row->end - row->begin);
    }
    json_t *json = json_object();
    set(json, "method", method_of(row));
    set(json, "name", json_clean(slice_of(row->name)));
    set(json, "requests", count_of(row->requests));
    set(json, "failures", count_of(row->failures));
    set(json, "rate", json_real(now.requests));
    set(json, "mean_rate", json_real(locust_stats_rate(stats, row->requests)));
    set(json, "p50", ms_or_null(row->percentiles_ns[LOCUST_MEDIAN], has_times));
    set(json, "p95", ms_or_null(row->percentiles_ns[LOCUST_P95], has_times));
    set(json, "p99", ms_or_null(row->percentiles_ns[LOCUST_P99], has_times));
    set(json, "max", ms_or_null(row->max_ns, has_times));
    return json;
}

static json_t *rows_to_json(const struct board *board, const struct locust_stats *stats)
{
    json_t *list = json_array();
    for (size_t i = 0; i < stats->count && i < LIST_MAX; i++) {
        json_array_append_new(list, row_to_json(board, stats, &stats->rows[i]));
    }
    return list;
}

static json_t *failure_to_json(const struct board *board, const struct locust_error *error)
{
    json_t *json = json_object();
    set(json, "count", count_of(error->count));
    set(json, "method", error->row ? method_of(error->row) : json_string(""));
    set(json, "name", json_clean(slice_of(error->row ? error->row->name : "")));
    set(json, "text", json_clean(slice_of(error->text)));
    set(json, "last_ms", count_of((board->wall_origin_ns + error->last_ns) / NS_PER_MS));
    return json;
}

static json_t *failures_to_json(const struct board *board, const struct locust_stats *stats)
{
    struct locust_errors errors;
    json_t *list = json_array();
    locust_errors_take(&errors, stats, board->stats.total);
    for (size_t i = 0; i < errors.count && i < LIST_MAX; i++) {
        json_array_append_new(list, failure_to_json(board, &errors.list[i]));
    }
    return list;
}

/* The history. */

#define TARGET_MS(name)                                                                            \
    target_view_ms(point->target_##name##_ns, point->target_##name##_known_ns, point->seconds)

/* Columns of a point: name, value of `point` */
#define COLUMNS(X)                                                                                 \
    X(first, count_of(point->first))                                                               \
    X(seconds, count_of(point->seconds))                                                           \
    X(intended, count_of(point->intended))                                                         \
    X(started, count_of(point->started))                                                           \
    X(ended, count_of(point->ended))                                                               \
    X(failures, count_of(point->failures))                                                         \
    X(bytes_in, count_of(point->bytes_in))                                                         \
    X(cpu_ms, ms_of(point->cpu_ns))                                                                \
    X(throttled_ms, ms_of(point->throttled_ns))                                                    \
    X(target_cpu_ms, TARGET_MS(cpu))                                                               \
    X(target_throttled_ms, TARGET_MS(throttled))                                                   \
    X(users, count_of(point->users))                                                               \
    X(in_flight, count_of(point->in_flight))                                                       \
    X(p50, ms_or_null(point->latency.p50_ns, point->latency.length > 0))                           \
    X(p95, ms_or_null(point->latency.p95_ns, point->latency.length > 0))                           \
    X(p99, ms_or_null(point->latency.p99_ns, point->latency.length > 0))                           \
    X(max, ms_or_null(point->latency.max_ns, point->latency.length > 0))                           \
    X(worst_p99, ms_or_null(point->latency.worst_p99_ns, point->latency.length > 0))               \
    X(lag_p50, ms_or_null(point->lag.p50_ns, point->lag.length > 0))                               \
    X(lag_p99, ms_or_null(point->lag.p99_ns, point->lag.length > 0))                               \
    X(lag_max, ms_or_null(point->lag.max_ns, point->lag.length > 0))

static json_t *columns_to_json(void)
{
    json_t *list = json_array();
#define X(name, value) json_array_append_new(list, json_string(#name));
    COLUMNS(X)
#undef X
    return list;
}

static json_t *point_to_json(const struct history_point *point)
{
    json_t *list = json_array();
#define X(name, value) json_array_append_new(list, value);
    COLUMNS(X)
#undef X
    return list;
}

json_t *view_history(const struct history *history, size_t from)
{
    json_t *points = json_array();
    for (size_t i = from; i < history->count; i++) {
        json_array_append_new(points, point_to_json(&history->points[i]));
    }
    json_t *json = json_object();
    set(json, "width", count_of(history->width));
    set(json, "from", count_of(from));
    set(json, "columns", columns_to_json());
    set(json, "points", points);
    return json;
}

static json_t *history_to_json(const struct board *board, const struct view_known *known)
{
    const struct history *history = &board->history;
    bool is_same = known->generation == board->generation && known->width == history->width &&
                   known->from <= history->count;
    return view_history(history, is_same ? (size_t)known->from : 0);
}

static json_t *problem_of(const struct board *board)
{
    return text_or_null(board->problem.code == ERR_NONE ? NULL : board->problem.text);
}

static json_t *begun_to_json(const struct board *board)
{
    return board->wall_start_ns > 0 ? count_of(board->wall_start_ns / NS_PER_MS) : json_null();
}

static json_t *log_to_json(const struct lines *lines, uint64_t after)
{
    json_t *list = json_array();
    for (const struct line *line = lines_after(lines, after); line;
         line = lines_after(lines, line->number)) {
        json_t *json = json_object();
        set(json, "number", count_of(line->number));
        set(json, "ms", count_of(line->wall_ns / NS_PER_MS));
        set(json, "text", json_string(line->text));
        json_array_append_new(list, json);
    }
    return list;
}

json_t *view_state(struct board *board, const struct view_known *known)
{
    const struct locust_stats *stats = stats_show(&board->stats);
    const struct runner *users = board->runners[RUN_USERS];
    json_t *json = json_object();
    set(json, "version", json_string(version_number));
    set(json, "state", json_string(board_state(board)));
    set(json, "kinds", kinds_to_json(board));
    set(json, "kind", kind_to_json(board));
    set(json, "has_shape", json_boolean(users && users->has_shape));
    set(json, "arguments", copy_or_null(users ? users->arguments : NULL));
    set(json, "arrival", arrival_to_json(board));
    set(json, "problem", problem_of(board));
    set(json, "begun_ms", begun_to_json(board));
    set(json, "order", order_to_json(board));
    set(json, "asked", rate_or_null(board_asked(board)));
    set(json, "slo", text_or_null(board->slo ? board->slo->text : NULL));
    set(json, "slo_limits", limits_to_json(board->slo));
    set(json, "slo_now", slo_view(board));
    set(json, "verdict", copy_or_null(board->verdict));
    set(json, "search", copy_or_null(board->search));
    set(json, "users", count_of(board_users(board)));
    set(json, "total", total_to_json(stats));
    set(json, "recent", recent_to_json(board));
    set(json, "generator", generator_to_view(board));
    set(json, "target", target_view(board));
    set(json, "cpu_limit", json_real(board->generator.cpu_limit));
    set(json, "requests", rows_to_json(board, stats));
    set(json, "failures", failures_to_json(board, stats));
    set(json, "exceptions", board_exceptions(board));
    /* Not copied: there may be thousands, and the board replaces the list, but never changes it. */
    set(json, "workers", board->workers ? json_incref(board->workers) : json_array());
    set(json, "log", log_to_json(&board->lines, 0));
    set(json, "generation", count_of(board->generation));
    set(json, "history", history_to_json(board, known));
    return json;
}

void view_free(struct board *board, json_t *state)
{
    pthread_mutex_lock(&board->lock);
    json_decref(state);
    pthread_mutex_unlock(&board->lock);
}

/* For the events. */

json_t *view_columns(void)
{
    return columns_to_json();
}

json_t *view_status(const struct board *board)
{
    json_t *json = json_object();
    set(json, "state", json_string(board_state(board)));
    set(json, "kind", kind_to_json(board));
    set(json, "problem", problem_of(board));
    set(json, "verdict", copy_or_null(board->verdict));
    return json;
}

json_t *view_order(const struct board *board)
{
    json_t *json = json_object();
    set(json, "order", order_to_json(board));
    return json;
}

json_t *view_search(const struct board *board)
{
    json_t *json = json_object();
    set(json, "search", copy_or_null(board->search));
    return json;
}

/* The points that contain this second or later ones. */
static json_t *points_from(const struct history *history, uint64_t second)
{
    json_t *points = json_array();
    for (size_t i = 0; i < history->count; i++) {
        const struct history_point *point = &history->points[i];
        if (point->first + point->seconds > second) {
            json_array_append_new(points, point_to_json(point));
        }
    }
    return points;
}

/* The number of the line after which all later ones fit into one event. */
static uint64_t skip_lines(const struct lines *lines, uint64_t after)
{
    size_t bytes = 0;
    const struct line *line = NULL;
    for (line = lines_after(lines, after); line; line = lines_after(lines, line->number)) {
        bytes += strlen(line->text);
    }
    while (bytes > VIEW_LOG_BYTES) {
        line = lines_after(lines, after);
        bytes -= strlen(line->text);
        after = line->number;
    }
    return after;
}

json_t *view_log(const struct board *board, uint64_t after)
{
    json_t *json = json_object();
    set(json, "log", log_to_json(&board->lines, skip_lines(&board->lines, after)));
    return json;
}

json_t *view_second(struct board *board, uint64_t from)
{
    const struct locust_stats *stats = stats_show(&board->stats);
    json_t *json = json_object();
    set(json, "asked", rate_or_null(board_asked(board)));
    set(json, "users", count_of(board_users(board)));
    set(json, "total", total_to_json(stats));
    set(json, "recent", recent_to_json(board));
    set(json, "generator", generator_to_view(board));
    set(json, "target", target_view(board));
    set(json, "points", points_from(&board->history, from));
    return json;
}
