#include "loadgen/report/locust/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/moment.h"
#include "loadgen/measure/text_pool.h"

#define X(per_million, title) "," title
#define PERCENTILE_TITLES LOCUST_PERCENTILES(X)
static const char stats_header[] =
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content "
    "Size,Requests/s,Failures/s" PERCENTILE_TITLES "\r\n";
static const char history_header[] =
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s" PERCENTILE_TITLES
    ",Total Request Count,Total Failure Count,Total Median Response Time,"
    "Total Average Response Time,Total Min Response Time,Total Max Response Time,"
    "Total Average Content Size\r\n";
#undef X

/* Fields. */

/* Writes the text between the quotes of a field. */
static void put_quoted(const char *text, size_t length, FILE *out)
{
    for (size_t i = 0; i < length; i++) {
        fputs(text[i] == '"' ? "\"" : "", out);
        fputc(text[i], out);
    }
}

static void put_text(const char *text, size_t length, FILE *out)
{
    size_t plain = 0;
    while (plain < length && !strchr(",\"\r\n", text[plain])) {
        plain++;
    }
    if (plain == length) {
        fwrite(text, 1, length, out);
        return;
    }
    fputc('"', out);
    put_quoted(text, length, out);
    fputc('"', out);
}

static void put_string(const char *text, FILE *out)
{
    put_text(text, strlen(text), out);
}

/* Writes a number with the fewest digits, from 15 to 17, that are read back as the same value. */
static void put_number(double number, FILE *out)
{
    char text[64];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    if (strchr(text, 'e') && number >= 1) {
        snprintf(text, sizeof text, "%.1f", number);
    }
    fprintf(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

/* A minimum or maximum. */
static void put_extreme(uint64_t ns, FILE *out)
{
    if (ns == 0) {
        fputc('0', out);
    } else {
        put_number((double)ns / (double)NS_PER_MS, out);
    }
}

static void put_percentile(uint64_t ns, FILE *out)
{
    double ms = (double)ns / (double)NS_PER_MS;
    fprintf(out, ms < 100 ? "%.3g" : "%.0f", ms);
}

static void put_percentiles(const struct locust_row *row, const uint64_t *percentiles_ns, FILE *out)
{
    for (size_t i = 0; i < LOCUST_PERCENTILES_ALL; i++) {
        fputc(',', out);
        if (row->requests == 0) {
            fputs("N/A", out);
        } else {
            put_percentile(percentiles_ns[i], out);
        }
    }
}

static void put_name(const struct locust_row *row, FILE *out)
{
    put_text(row->method, (size_t)row->method_length, out);
    fputc(',', out);
    put_string(row->name, out);
}

/* Counts, median, average, extremes and size. */
static void put_totals(const struct locust_row *row, FILE *out)
{
    double sum_ms = (double)row->sum_ns / (double)NS_PER_MS;
    fprintf(out, ",%" PRIu64 ",%" PRIu64 ",", row->requests, row->failures);
    put_percentile(row->percentiles_ns[LOCUST_MEDIAN], out);
    fputc(',', out);
    put_number(row->timed > 0 ? sum_ms / (double)row->timed : 0, out);
    fputc(',', out);
    put_extreme(row->min_ns, out);
    fputc(',', out);
    put_extreme(row->max_ns, out);
    fputc(',', out);
    if (row->requests > 0) {
        put_number((double)row->bytes / (double)row->requests, out);
    } else {
        fputc('0', out);
    }
}

/* The files. */

static void put_stats_row(const struct locust_stats *stats, const struct locust_row *row, FILE *out)
{
    put_name(row, out);
    put_totals(row, out);
    fputc(',', out);
    put_number(locust_stats_rate(stats, row->requests), out);
    fputc(',', out);
    put_number(locust_stats_rate(stats, row->failures), out);
    put_percentiles(row, row->percentiles_ns, out);
    fputs("\r\n", out);
}

void locust_csv_stats(const struct locust_stats *stats, FILE *out)
{
    fputs(stats_header, out);
    for (size_t i = 0; i < stats->count; i++) {
        put_stats_row(stats, &stats->rows[i], out);
    }
    put_stats_row(stats, &stats->total, out);
}

/* The columns are those of LOCUST_PERCENTILES except these two. */
static bool is_newer_column(uint32_t per_million)
{
    return per_million == 999000 || per_million == 999900;
}

static void put_distribution_row(const struct locust_row *row, const char *method, int length,
                                 const char *name, FILE *out)
{
#define X(per_million, title) per_million,
    static const uint32_t columns[] = {LOCUST_PERCENTILES(X)};
#undef X
    fputs("\n\"", out);
    put_quoted(method, (size_t)length, out);
    fputs(" ", out);
    put_quoted(name, strlen(name), out);
    fprintf(out, "\",%" PRIu64, row->requests);
    for (size_t i = 0; i < LOCUST_PERCENTILES_ALL; i++) {
        if (is_newer_column(columns[i])) {
            continue;
        }
        fputc(',', out);
        if (row->requests == 0) {
            fputs("\"N/A\"", out);
        } else {
            put_percentile(row->percentiles_ns[i], out);
        }
    }
}

void locust_csv_distribution(const struct locust_stats *stats, FILE *out)
{
    fputs("\"Name\",\"# requests\",\"50%\",\"66%\",\"75%\",\"80%\",\"90%\",\"95%\",\"98%\",\"99%\","
          "\"100%\"",
          out);
    for (size_t i = 0; i < stats->count; i++) {
        const struct locust_row *row = &stats->rows[i];
        put_distribution_row(row, row->method, row->method_length, row->name, out);
    }
    put_distribution_row(&stats->total, "None", 4, "Total", out);
}

/* As an integer number of seconds. */
static void put_moment(uint64_t ns, FILE *out)
{
    char text[MOMENT_TEXT];
    moment_print(ns / NS_PER_S * NS_PER_S, text);
    fputs(text, out);
}

void locust_csv_failures(const struct locust_errors *errors, uint64_t wall_ns, FILE *out)
{
    fputs("Method,Name,Error,Occurrences,First Seen,Last Seen\r\n", out);
    for (size_t i = 0; i < errors->count; i++) {
        const struct locust_error *error = &errors->list[i];
        if (error->row) {
            put_name(error->row, out);
        } else {
            fputc(',', out);
        }
        fputc(',', out);
        put_string(error->text, out);
        fprintf(out, ",%" PRIu64 ",", error->count);
        put_moment(wall_ns + error->first_ns, out);
        fputc(',', out);
        put_moment(wall_ns + error->last_ns, out);
        fputs("\r\n", out);
    }
}

static void put_exception(uint64_t count, const char *message, const char *traceback, FILE *out)
{
    fprintf(out, "%" PRIu64 ",", count);
    put_string(message, out);
    fputc(',', out);
    put_string(traceback, out);
    fputs(",local\r\n", out);
}

void locust_csv_exceptions(const struct exceptions *exceptions, FILE *out)
{
    fputs("Count,Message,Traceback,Nodes\r\n", out);
    if (!exceptions) {
        return;
    }
    for (size_t i = 0; i < exceptions->count; i++) {
        const struct exception *one = &exceptions->list[i];
        put_exception(one->count, one->message, one->traceback, out);
    }
    if (exceptions_others(exceptions) > 0) {
        put_exception(exceptions_others(exceptions), text_pool_overflow, "", out);
    }
}

void locust_csv_history_header(FILE *out)
{
    fputs(history_header, out);
}

static void put_history_numbers(const struct locust_row *row, struct locust_rates rates,
                                const uint64_t *percentiles_ns, FILE *out)
{
    put_name(row, out);
    fprintf(out, ",%.6f,%.6f", rates.requests, rates.failures);
    put_percentiles(row, percentiles_ns, out);
    put_totals(row, out);
    fputs("\r\n", out);
}

static void put_history_row(const struct locust_recent *recent, const struct locust_row *row,
                            const uint16_t *rows, size_t count, struct histogram *scratch,
                            FILE *out)
{
    uint64_t percentiles_ns[LOCUST_PERCENTILES_ALL];
    struct locust_rates rates = locust_recent_rates(recent, rows, count);
    memcpy(percentiles_ns, row->percentiles_ns, sizeof percentiles_ns);
    if (recent->keeps_times) {
        histogram_clear(scratch);
        locust_recent_times(recent, rows, count, scratch);
        locust_stats_percentiles(scratch, percentiles_ns);
    }
    put_history_numbers(row, rates, percentiles_ns, out);
}

void locust_csv_history(const struct locust_stats *stats, const struct locust_recent *recent,
                        uint64_t unix_s, uint64_t users, FILE *out)
{
    static const uint16_t total = LOCUST_TOTAL;
    struct histogram scratch = {0};
    histogram_clear(&scratch);
    for (size_t i = 0; recent->keeps_times && i < stats->count; i++) {
        const struct locust_row *row = &stats->rows[i];
        fprintf(out, "%" PRIu64 ",%" PRIu64 ",", unix_s, users);
        put_history_row(recent, row, &stats->members[row->begin], row->end - row->begin, &scratch,
                        out);
    }
    fprintf(out, "%" PRIu64 ",%" PRIu64 ",", unix_s, users);
    put_history_row(recent, &stats->total, &total, 1, &scratch, out);
    histogram_fini(&scratch);
}

void locust_csv_history_row(const struct locust_row *row, struct locust_rates rates,
                            const uint64_t percentiles_ns[LOCUST_PERCENTILES_ALL], uint64_t unix_s,
                            uint64_t users, FILE *out)
{
    fprintf(out, "%" PRIu64 ",%" PRIu64 ",", unix_s, users);
    put_history_numbers(row, rates, percentiles_ns, out);
}
