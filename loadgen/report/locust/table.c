#include "loadgen/report/locust/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/report/columns.h"

/* Widths of the columns of names, methods, counts and texts of errors. */
enum { NAME_MAX_WIDTH = 80, OTHER_COLUMNS = 80, METHOD = 8, OCCURRENCES = 18, ERROR = 100 };

/* The column of names is narrower by this in the table of requests. */
enum { NARROWER = 4 };

static int name_width(int columns)
{
    int width = columns == 0 ? NAME_MAX_WIDTH : columns - OTHER_COLUMNS;
    width = width < NAME_MAX_WIDTH ? width : NAME_MAX_WIDTH;
    return width > 0 ? width : 0;
}

/* Prints the padding separately, because a width in printf counts bytes. */
static void pad(int used, int width, FILE *out)
{
    fprintf(out, "%*s", used < width ? width - used : 0, "");
}

static void print_dashes(int count, FILE *out)
{
    for (; count > 0; count--) {
        fputc('-', out);
    }
}

static void print_rule(int width, const char *rest, FILE *out)
{
    print_dashes(METHOD, out);
    fputc('|', out);
    print_dashes(width, out);
    fprintf(out, "%s\n", rest);
}

static void print_method(const struct locust_row *row, int width, FILE *out)
{
    fprintf(out, "%-*.*s ", width, row->method_length, row->method);
}

static void print_name(const struct locust_row *row, int width, FILE *out)
{
    fputs(row->name, out);
    pad(columns_width(row->name), width, out);
}

/* Times. */

static uint64_t floor_ms(uint64_t ns)
{
    return ns / NS_PER_MS;
}

static uint64_t average_ms(const struct locust_row *row)
{
    return row->timed > 0 ? floor_ms(row->sum_ns / row->timed) : 0;
}

static uint64_t percentile_ms(const struct locust_row *row, size_t i)
{
    uint64_t ms = floor_ms(row->percentiles_ns[i] + NS_PER_MS / 2);
    uint64_t min = floor_ms(row->min_ns);
    uint64_t max = floor_ms(row->max_ns);
    ms = ms > min ? ms : min;
    return ms < max ? ms : max;
}

/* The table of requests. */

static void print_request_row(const struct locust_row *row, struct locust_rates rates, int width,
                              FILE *out)
{
    char fails[64];
    double share = row->requests > 0 ? (double)row->failures / (double)row->requests : 0;
    snprintf(fails, sizeof fails, "%" PRIu64 "(%.2f%%)", row->failures, share * 100);
    print_method(row, row->method_length < METHOD ? METHOD : row->method_length + 1, out);
    print_name(row, width, out);
    fprintf(out,
            " %7" PRIu64 " %12s |%7" PRIu64 " %7" PRIu64 " %7" PRIu64 "%7" PRIu64
            " | %7.2f %11.2f\n",
            row->requests, fails, average_ms(row), floor_ms(row->min_ns), floor_ms(row->max_ns),
            percentile_ms(row, LOCUST_MEDIAN), rates.requests, rates.failures);
}

static struct locust_rates rates_of(const struct locust_stats *stats,
                                    const struct locust_recent *recent,
                                    const struct locust_row *row)
{
    static const uint16_t total = LOCUST_TOTAL;
    if (recent && row == &stats->total) {
        return locust_recent_rates(recent, &total, 1);
    }
    if (recent) {
        return locust_recent_rates(recent, &stats->members[row->begin], row->end - row->begin);
    }
    return (struct locust_rates){locust_stats_rate(stats, row->requests),
                                 locust_stats_rate(stats, row->failures)};
}

void locust_table_requests(const struct locust_stats *stats, const struct locust_recent *recent,
                           int columns, FILE *out)
{
    static const char rule[] = "|-------|-------------|-------|-------|-------|-------|--------|"
                               "-----------";
    int dashes = name_width(columns) - NARROWER;
    int width = abs(dashes); /* a negative width of Locust's format pads, too */
    fprintf(out, "%-*s %-*s %7s %12s |%7s %7s %7s%7s | %7s %11s\n", METHOD, "Type", width, "Name",
            "# reqs", "# fails", "Avg", "Min", "Max", "Med", "req/s", "failures/s");
    print_rule(dashes, rule, out);
    for (size_t i = 0; i < stats->count; i++) {
        const struct locust_row *row = &stats->rows[i];
        print_request_row(row, rates_of(stats, recent, row), width, out);
    }
    print_rule(dashes, rule, out);
    print_request_row(&stats->total, rates_of(stats, recent, &stats->total), width, out);
    fputc('\n', out);
}

/* The table of percentiles. The first column is wider. */

static void print_percentile_row(const struct locust_row *row, int width, FILE *out)
{
    if (row->timed == 0) {
        return;
    }
    print_method(row, METHOD, out);
    print_name(row, width, out);
    for (size_t i = 0; i < LOCUST_PERCENTILES_ALL; i++) {
        fprintf(out, " %*" PRIu64, i == 0 ? 8 : 6, percentile_ms(row, i));
    }
    fprintf(out, " %6" PRIu64 "\n", row->requests);
}

void locust_table_percentiles(const struct locust_stats *stats, int columns, FILE *out)
{
    static const char rule[] = "|--------|------|------|------|------|------|------|------|------|"
                               "------|------|------";
#define X(per_million, title) title,
    static const char *const titles[] = {LOCUST_PERCENTILES(X)};
#undef X
    int width = name_width(columns);
    fputs("Response time percentiles (approximated)\n", out);
    fprintf(out, "%-*s %-*s", METHOD, "Type", width, "Name");
    for (size_t i = 0; i < LOCUST_PERCENTILES_ALL; i++) {
        fprintf(out, " %*s", i == 0 ? 8 : 6, titles[i]);
    }
    fprintf(out, " %6s\n", "# reqs");
    print_rule(width, rule, out);
    for (size_t i = 0; i < stats->count; i++) {
        print_percentile_row(&stats->rows[i], width, out);
    }
    print_rule(width, rule, out);
    print_percentile_row(&stats->total, width, out);
    fputc('\n', out);
}

/* The error report. */

static void print_error_rule(int columns, FILE *out)
{
    print_dashes(OCCURRENCES, out);
    fputc('|', out);
    print_dashes(OTHER_COLUMNS + name_width(columns) - OCCURRENCES - 1, out);
    fputc('\n', out);
}

static void print_error(const struct locust_error *error, FILE *out)
{
    int used = columns_width(error->text);
    fprintf(out, "%-*" PRIu64 " ", OCCURRENCES, error->count);
    if (error->row) {
        const char *blank = error->row->method_length > 0 ? " " : "";
        fprintf(out, "%.*s%s%s: ", error->row->method_length, error->row->method, blank,
                error->row->name);
        used += error->row->method_length + (int)strlen(blank) + columns_width(error->row->name) +
                (int)strlen(": ");
    }
    fputs(error->text, out);
    pad(used, ERROR, out);
    fputc('\n', out);
}

void locust_table_errors(const struct locust_errors *errors, int columns, FILE *out)
{
    if (errors->count == 0) {
        return;
    }
    fprintf(out, "Error report\n%-*s %-*s\n", OCCURRENCES, "# occurrences", ERROR, "Error");
    print_error_rule(columns, out);
    for (size_t i = 0; i < errors->count; i++) {
        print_error(&errors->list[i], out);
    }
    print_error_rule(columns, out);
    fputc('\n', out);
}
