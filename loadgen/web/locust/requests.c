#include "loadgen/web/locust/requests.h"

#include <string.h>

#include "common/clock.h"
#include "common/slice.h"
#include "loadgen/base/json/json_writer.h"
#include "loadgen/base/memory.h"
#include "loadgen/report/locust/errors.h"

enum {
    LIST_MAX = 500,          /* entries of each list, as in Locust */
    WHOLE_FROM_MS = 100,     /* times from here on are printed as integers */
    THREE_DIGITS_END = 1000, /* the first number with more than three digits */
};

struct answer {
    const struct board *board;
    const struct locust_stats *stats;
    enum locust_age age;
    struct json_writer json;
};

/* Escapes HTML, for pages that insert the name unescaped. */
static void write_escaped(struct json_writer *json, const char *key, const char *name)
{
    static const struct {
        char plain;
        const char *code;
    } codes[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#x27;"},
    };
    struct bytes text = {0};
    for (; *name; name++) {
        size_t k = 0;
        while (k < sizeof codes / sizeof codes[0] && codes[k].plain != *name) {
            k++;
        }
        if (k < sizeof codes / sizeof codes[0]) {
            bytes_add_text(&text, codes[k].code);
        } else {
            bytes_add(&text, name, 1);
        }
    }
    bytes_add(&text, "", 1);
    memory_of(text.has_failed ? NULL : text.at);
    json_writer_text(json, key, (struct slice){text.at, text.length - 1});
    bytes_free(&text);
}

static void write_safe_name(struct json_writer *json, const char *name)
{
    static const char key[] = "safe_name";
    if (strpbrk(name, "&<>\"'")) {
        write_escaped(json, key, name);
    } else {
        json_writer_text(json, key, slice_of(name));
    }
}

/* Writes a time in ms: with three significant digits, or as an integer from 100 ms on. */
static void write_time(struct json_writer *json, const char *key, uint64_t ns)
{
    uint64_t step = ns >= WHOLE_FROM_MS * NS_PER_MS ? NS_PER_MS : 1;
    while (step < NS_PER_MS && ns / step >= THREE_DIGITS_END) {
        step *= 10;
    }
    json_writer_millionths(json, key, (ns + step / 2) / step * step);
}

static double mean(uint64_t sum, uint64_t count)
{
    return count > 0 ? (double)sum / (double)count : 0;
}

/* Rows. */

/* The rows of the tally that a row combines. */
struct members {
    const uint16_t *list;
    size_t count;
};

static const uint16_t all_rows = LOCUST_TOTAL;
static const struct members total = {&all_rows, 1};

/* Current rates are 0 if no run is active. */
static struct locust_rates rates_now(const struct answer *answer, struct members members)
{
    const struct locust_rates none = {0};
    return board_is_on(answer->board)
               ? locust_recent_rates(answer->board->stats.recent, members.list, members.count)
               : none;
}

static double rate_of(const struct answer *answer, uint64_t count)
{
    return locust_stats_rate(answer->stats, count);
}

static bool is_old_total(const struct answer *answer, const struct locust_row *row)
{
    return answer->age == LOCUST_0_8 && row == &answer->stats->total;
}

static void write_method(struct answer *answer, const struct locust_row *row)
{
    if (is_old_total(answer, row)) {
        json_writer_null(&answer->json, "method");
    } else {
        json_writer_text(&answer->json, "method",
                         (struct slice){row->method, (size_t)row->method_length});
    }
}

static void write_row(struct answer *answer, const struct locust_row *row, struct members members)
{
    struct json_writer *json = &answer->json;
    const struct locust_rates now = rates_now(answer, members);
    const char *name = is_old_total(answer, row) ? "Total" : row->name;
    uint64_t old = answer->age == LOCUST_0_8 ? row->failures : 0; /* 0.8 excludes failures */
    json_writer_open(json, NULL, '{');
    json_writer_real(json, "avg_content_length", mean(row->bytes, row->requests));
    json_writer_real(json, "avg_response_time", mean(row->sum_ns, row->timed) / (double)NS_PER_MS);
    json_writer_real(json, "current_fail_per_sec", now.failures);
    json_writer_real(json, "current_rps", now.requests);
    write_time(json, "max_response_time", row->max_ns);
    write_time(json, "median_response_time", row->percentiles_ns[LOCUST_MEDIAN]);
    write_method(answer, row);
    write_time(json, "min_response_time", row->min_ns);
    json_writer_text(json, "name", slice_of(name));
    write_time(json, "ninetieth_response_time", row->percentiles_ns[LOCUST_P90]);
    write_time(json, "ninety_ninth_response_time", row->percentiles_ns[LOCUST_P99]);
    json_writer_count(json, "num_failures", row->failures);
    json_writer_count(json, "num_requests", row->requests - old);
    write_time(json, "response_time_percentile_0.95", row->percentiles_ns[LOCUST_P95]);
    write_time(json, "response_time_percentile_0.99", row->percentiles_ns[LOCUST_P99]);
    write_safe_name(json, name);
    json_writer_real(json, "total_fail_per_sec", rate_of(answer, row->failures));
    json_writer_real(json, "total_rps", rate_of(answer, row->requests));
    json_writer_close(json, '}');
}

/* The total comes last, however many rows there are. */
static void write_rows(struct answer *answer)
{
    const struct locust_stats *stats = answer->stats;
    json_writer_open(&answer->json, "stats", '[');
    for (size_t i = 0; i < stats->count && i < LIST_MAX; i++) {
        const struct locust_row *row = &stats->rows[i];
        const struct members members = {&stats->members[row->begin], row->end - row->begin};
        write_row(answer, row, members);
    }
    write_row(answer, &stats->total, total);
    json_writer_close(&answer->json, ']');
}

/* Errors. */

/* Converts a moment of the tally to seconds since 1970. */
static double seconds_of(const struct board *board, uint64_t ns)
{
    return (double)(board->wall_origin_ns + ns) / (double)NS_PER_S;
}

static void write_error(struct answer *answer, const struct locust_error *error)
{
    static const struct locust_row none = {.method = "", .name = ""};
    const struct locust_row *row = error->row ? error->row : &none;
    struct json_writer *json = &answer->json;
    json_writer_open(json, NULL, '{');
    json_writer_text(json, "error", slice_of(error->text));
    json_writer_real(json, "first_seen", seconds_of(answer->board, error->first_ns));
    json_writer_real(json, "last_seen", seconds_of(answer->board, error->last_ns));
    write_method(answer, row);
    json_writer_text(json, "name", slice_of(row->name));
    json_writer_count(json, "occurences", error->count);
    json_writer_count(json, "occurrences", error->count);
    json_writer_close(json, '}');
}

static void write_errors(struct answer *answer)
{
    struct locust_errors errors;
    locust_errors_take(&errors, answer->stats, answer->board->stats.total);
    json_writer_open(&answer->json, "errors", '[');
    for (size_t i = 0; i < errors.count && i < LIST_MAX; i++) {
        write_error(answer, &errors.list[i]);
    }
    json_writer_close(&answer->json, ']');
}

/* The whole. */

/* A percentile of the last seconds; null without requests, or if no run is active. */
static void write_percentile(struct json_writer *json, const char *key,
                             const struct histogram *recent, uint32_t per_million)
{
    if (recent->count > 0) {
        write_time(json, key, histogram_percentile(recent, per_million));
    } else {
        json_writer_null(json, key);
    }
}

static void write_percentiles(struct answer *answer)
{
    enum { MEDIAN = 500000, P95 = 950000 };
    struct json_writer *json = &answer->json;
    struct histogram recent = {0};
    histogram_clear(&recent);
    if (board_is_on(answer->board)) {
        locust_recent_times(answer->board->stats.recent, total.list, total.count, &recent);
    }
    write_percentile(json, "current_response_time_percentile_1", &recent, MEDIAN);
    write_percentile(json, "current_response_time_percentile_2", &recent, P95);
    write_percentile(json, "current_response_time_percentile_50", &recent, MEDIAN);
    write_percentile(json, "current_response_time_percentile_95", &recent, P95);
    json_writer_open(json, "current_response_time_percentiles", '{');
    write_percentile(json, "response_time_percentile_0.5", &recent, MEDIAN);
    write_percentile(json, "response_time_percentile_0.95", &recent, P95);
    json_writer_close(json, '}');
    histogram_fini(&recent);
}

static uint64_t count_in(const json_t *worker, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(worker, key));
}

/* In a standalone server there are none. */
static void write_workers(const struct answer *answer, struct json_writer *json, const char *key)
{
    size_t i;
    json_t *worker;
    json_writer_open(json, key, '[');
    json_array_foreach(answer->board->workers, i, worker)
    {
        json_writer_open(json, NULL, '{');
        json_writer_text(json, "id", slice_of(json_string_value(json_object_get(worker, "id"))));
        json_writer_text(json, "state",
                         slice_of(json_string_value(json_object_get(worker, "state"))));
        json_writer_count(json, "user_count", count_in(worker, "users"));
        json_writer_real(json, "cpu_usage",
                         json_number_value(json_object_get(worker, "cpu_percent")));
        json_writer_count(json, "memory_usage", count_in(worker, "memory_bytes"));
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}

/* 0.8 calls spawning "hatching", and has no state for stopping. */
static const char *state_of(const struct answer *answer)
{
    static const char *const old_names[][2] = {{"spawning", "hatching"}, {"stopping", "running"}};
    const char *state = board_state(answer->board);
    for (size_t i = 0; answer->age == LOCUST_0_8 && i < 2; i++) {
        if (strcmp(state, old_names[i][0]) == 0) {
            return old_names[i][1];
        }
    }
    return state;
}

void locust_requests(struct board *board, enum locust_age age, struct bytes *out)
{
    struct answer answer = {board, stats_show(&board->stats), age, {.out = out}};
    struct json_writer *json = &answer.json;
    const struct locust_row *all = &answer.stats->total;
    const struct locust_rates now = rates_now(&answer, total);
    json_writer_open(json, NULL, '{');
    json_writer_real(json, "current_fail_per_sec", now.failures);
    write_percentiles(&answer);
    json_writer_real(json, "current_rps", now.requests);
    write_errors(&answer);
    json_writer_real(json, "fail_ratio", mean(all->failures, all->requests));
    json_writer_count(json, "slave_count", board_worker_count(board, NULL));
    write_workers(&answer, json, "slaves");
    json_writer_text(json, "state", slice_of(state_of(&answer)));
    write_rows(&answer);
    json_writer_real(json, "total_fail_per_sec",
                     age == LOCUST_0_8 ? now.failures : rate_of(&answer, all->failures));
    json_writer_real(json, "total_rps",
                     age == LOCUST_0_8 ? now.requests : rate_of(&answer, all->requests));
    json_writer_count(json, "user_count", board_users(board));
    json_writer_count(json, "worker_count", board_worker_count(board, NULL));
    write_workers(&answer, json, "workers");
    json_writer_close(json, '}');
    bytes_add(out, "\n", 1);
}
