/* hdrlog: every histogram as a line of HdrHistogram's log, for its tools and for merging. */
#include <stdio.h>
#include <string.h>

#include "loadgen/measure/hdr_log.h"
#include "loadgen/report/report.h"

/* One run's lines. */
struct lines {
    FILE *out;
    uint64_t length_ns;
    bool ok;
};

static void write_line(struct lines *lines, const char *prefix, const char *name,
                       const struct histogram *h)
{
    if (h->clipped > 0) {
        fprintf(lines->out, "# %llu values were too long for the histogram of the next line\n",
                (unsigned long long)h->clipped);
    }
    lines->ok = lines->ok && hdr_log_write(lines->out, prefix, name, lines->length_ns, h);
}

/* The tag of a row is its name, a colon and what is measured, as in -slo; of addresses with an @.
 */
static void write_rows(struct lines *lines, const char *mark, const struct rows *names,
                       const struct tally_row *rows)
{
    if (names->count + (names->others > 0) < 2) {
        return;
    }
    for (size_t i = 0; i < ROWS_ALL; i++) {
        char prefix[1024];
        if (rows[i].ended > 0) {
            snprintf(prefix, sizeof prefix, "%s%.1000s:", mark, rows_name(names, i));
            write_line(lines, prefix, "latency", &rows[i].latency);
            write_line(lines, prefix, "service", &rows[i].service);
            write_line(lines, prefix, "unanswered", &rows[i].unanswered);
        }
    }
}

static bool write_hdr_log(const struct summary *summary, const struct slo_verdict *slo, FILE *out)
{
    (void)slo; /* the layout is HdrHistogram's */
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
    write_line(&lines, "", "unanswered", &tally->unanswered);
    if (tally->loop.count > 0) { /* of a run, not of files */
        write_line(&lines, "", "loop", &tally->loop);
    }
    write_rows(&lines, "", &summary->rows, tally->rows);
    write_rows(&lines, "@", &summary->addresses, tally->addresses);
    return lines.ok && fflush(out) == 0 && !ferror(out);
}

const struct report report_hdr_log = {
    .name = "hdrlog",
    .help = "each histogram as a line of HdrHistogram's log",
    .write = write_hdr_log,
};
