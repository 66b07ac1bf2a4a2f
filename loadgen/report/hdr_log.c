/* hdrlog: every histogram as a line of an HdrHistogram log, for its tools and for merging. */
#include <stdio.h>
#include <string.h>

#include "loadgen/measure/hdr/hdr_log.h"
#include "loadgen/report/report.h"

struct lines {
    FILE *out;
    uint64_t length_ns;
    bool ok;
};

static void write_line(struct lines *lines, const char *prefix, const char *name,
                       const struct histogram *h)
{
    if (h->clipped > 0) {
        fprintf(lines->out, "# next line: %llu values over 9.77 hours are not included\n",
                (unsigned long long)h->clipped);
    }
    lines->ok = lines->ok && hdr_log_write(lines->out, prefix, name, lines->length_ns, h);
}

/* The tag of a row is its name, a colon and the metric, as in -slo; addresses have a leading @. */
static void write_rows(struct lines *lines, const char *mark, const struct rows *names,
                       const struct tally_row *rows)
{
    if (names->count + (names->others > 0) < 2) {
        return;
    }
    for (size_t i = 0; i < ROWS_ALL; i++) {
        char prefix[1024];
        if (rows[i].ended > 0) {
            snprintf(prefix, sizeof prefix, "%s%.1000s%s:", mark, rows_name(names, i),
                     report_row_mark(names, i));
#define X(name) write_line(lines, prefix, #name, &rows[i].name);
            ROW_HISTOGRAMS(X)
#undef X
        }
    }
}

static bool write_hdr_log(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    (void)slo; /* the format of HdrHistogram has none */
    const struct tally *tally = summary->tally;
    uint64_t first_ns = tally->counters.ended > 0 ? tally->first_intended_ns : 0;
    struct lines lines = {out, summary_attack_ns(summary) + summary_wait_ns(summary), true};
    hdr_log_write_head(out, summary->wall_start_ns + first_ns);
    bool has_spans = tally->bare == 0 || tally->bare < tally->counters.ended;
#define X(name, label)                                                                             \
    if (has_spans || &tally->name == &tally->latency) {                                            \
        write_line(&lines, "", #name, &tally->name);                                               \
    }
    TIMINGS(X)
#undef X
#define X(name) write_line(&lines, "", #name, &tally->name);
    UNANSWERED(X)
#undef X
    if (tally->loop.count > 0) { /* known only during a run */
        write_line(&lines, "", "loop", &tally->loop);
    }
    write_rows(&lines, "", &summary->rows, tally->rows);
    write_rows(&lines, "@", &summary->addresses, tally->addresses);
    return lines.ok && fflush(out) == 0 && !ferror(out);
}

const struct report report_hdr_log = {
    .name = "hdrlog",
    .help = "each histogram as a line of an HdrHistogram log",
    .write = write_hdr_log,
};
