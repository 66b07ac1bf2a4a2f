#include "loadgen/report/text/text.h"

#include <inttypes.h>
#include <string.h>

#include "loadgen/base/duration.h"
#include "loadgen/report/columns.h"
#include "loadgen/report/report.h"

enum { WIDTH = 9 };

static void write_right(const char *text, FILE *out)
{
    fprintf(out, "%*s%s", WIDTH - columns_width(text), "", text);
}

static void write_time(uint64_t ns, FILE *out)
{
    char text[DURATION_TEXT];
    write_right(duration_print_short(ns, text), out);
}

static void write_titles(const char *const *titles, FILE *out)
{
    for (; *titles; titles++) {
        write_right(*titles, out);
    }
}

static void write_percentiles(const struct histogram *h, const uint32_t *per_million, FILE *out)
{
    for (; *per_million; per_million++) {
        write_time(histogram_percentile(h, *per_million), out);
    }
    write_time(h->max_ns, out);
}

static void write_span(const char *label, const struct histogram *h, FILE *out)
{
    static const uint32_t ranks[] = {500000, 900000, 950000, 990000, 0};
    fprintf(out, "%-10s", label);
    write_time(h->count ? h->min_ns : 0, out);
    write_time(histogram_mean(h), out);
    write_percentiles(h, ranks, out);
    fputc('\n', out);
}

static void write_spans(const struct tally *tally, FILE *out)
{
    static const char *const titles[] = {"min", "mean", "50", "90", "95", "99", "max", NULL};
    fprintf(out, "\n%-10s", "Span");
    write_titles(titles, out);
    fputc('\n', out);
#define X(name, label)                                                                             \
    if (&tally->name != &tally->latency) { /* vegeta's line has it */                              \
        write_span(label, &tally->name, out);                                                      \
    }
    TIMINGS(X)
#undef X
}

static void write_row(const struct tally_row *row, const char *name, const char *mark, FILE *out)
{
    static const uint32_t ranks[] = {500000, 950000, 990000, 0};
    fprintf(out, "%*" PRIu64 "%*.2f%%", WIDTH, row->ended, WIDTH - 1,
            100 * (double)row->successes / (double)row->ended);
    write_percentiles(&row->latency, ranks, out);
    fprintf(out, "  %s%s\n", name, mark);
}

/* One row per name, if there are several. */
static void write_rows(const struct rows *rows, const struct tally_row *list, const char *what,
                       FILE *out)
{
    static const char *const titles[] = {"requests", "success", "50", "95", "99", "max", NULL};
    if (rows->count + (rows->others > 0) < 2) {
        return;
    }
    fputc('\n', out);
    write_titles(titles, out);
    fprintf(out, "  %s\n", what);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        if (list[i].ended > 0) {
            write_row(&list[i], report_row_name(rows, i), report_row_mark(rows, i), out);
        }
    }
}

static void write_errors(const struct tally *tally, FILE *out)
{
    if (tally_successes(tally) == tally->counters.ended) {
        return;
    }
    fprintf(out, "\n%*s  %-10s%s\n", WIDTH, "errors", "kind", "example");
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        enum outcome kind = report_kinds[i];
        const struct error_kind *errors = &tally->kinds[kind];
        if (errors->count > 0) {
            fprintf(out, "%*" PRIu64 "  %-10s%s\n", WIDTH, errors->count, error_kind_names[kind],
                    errors->example ? errors->example : "");
        }
    }
}

/* The message of each, and its traceback below. */
static void write_exceptions(const struct exceptions *exceptions, FILE *out)
{
    uint64_t others = exceptions_others(exceptions);
    if (exceptions->total == 0) {
        return;
    }
    fprintf(out, "\n%*s  exception\n", WIDTH, "raised");
    for (size_t i = 0; i < exceptions->count; i++) {
        const struct exception *one = &exceptions->list[i];
        fprintf(out, "%*" PRIu64 "  %s\n", WIDTH, one->count, one->message);
        for (const char *line = one->traceback; *line;) {
            int length = (int)strcspn(line, "\n");
            fprintf(out, "%*s    %.*s\n", WIDTH, "", length, line);
            line += length + (line[length] == '\n');
        }
    }
    if (others > 0) {
        fprintf(out, "%*" PRIu64 "  others\n", WIDTH, others);
    }
}

void text_write_tables(const struct summary *summary, FILE *out)
{
    const struct tally *tally = summary->tally;
    if (report_is_bare(tally)) {
        fprintf(out, "\n" TEXT_LABELS "not recorded\n", "Spans",
                "[response, service, connect, ...]");
        fprintf(out, TEXT_LABELS "not recorded\n", "Addresses", "[a row each]");
    } else {
        write_spans(tally, out);
    }
    write_rows(&summary->rows, tally->rows, "target", out);
    write_rows(&summary->addresses, tally->addresses, "address", out);
    write_errors(tally, out);
    write_exceptions(&summary->exceptions, out);
}
