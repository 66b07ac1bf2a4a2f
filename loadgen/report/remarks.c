#include <inttypes.h>
#include <stdarg.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/pace/duration.h"
#include "loadgen/report/report.h"

struct remarks {
    void (*say)(void *context, const char *sentence);
    void *context;
    size_t count;
};

__attribute__((format(printf, 2, 3))) static void say(struct remarks *remarks, const char *format,
                                                      ...)
{
    char sentence[512];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    remarks->say(remarks->context, sentence);
    remarks->count++;
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static const char *requests(uint64_t count)
{
    return plural(count, "request", "requests");
}

static void remark_on_rows(struct remarks *remarks, const struct rows *rows, const char *what,
                           const char *first)
{
    if (rows->others > 0) {
        say(remarks,
            "%" PRIu64
            " %s the row \"other\", because only the first %d %s have rows of their own.",
            (uint64_t)rows->others, what, ROWS_MAX, first);
    }
}

static void remark_on_file(struct remarks *remarks, const struct summary *summary)
{
    if (summary->is_going_on) {
        say(remarks, "The results go on: these are the first %" PRIu64 ".",
            summary->tally->counters.ended);
    }
    if (summary->is_cut_short) {
        say(remarks, "The results were cut short: the run has no end, so what was intended and not "
                     "started is unknown, and requests may be missing.");
    }
    if (summary->damaged > 0) {
        say(remarks, "Results are missing: %" PRIu64 " %s could not be read%s%s.", summary->damaged,
            plural(summary->damaged, "place", "places"), summary->loss[0] ? ", the first in " : "",
            summary->loss);
    }
    if (summary->lost_seconds > 0) {
        say(remarks,
            "The file says nothing of %" PRIu64
            " %s of the run, because its reader was too slow; no result is missing.",
            summary->lost_seconds, plural(summary->lost_seconds, "second", "seconds"));
    }
    remark_on_rows(remarks, &summary->rows,
                   plural(summary->rows.others, "target shares", "targets share"), "names");
    remark_on_rows(remarks, &summary->addresses,
                   plural(summary->addresses.others, "address shares", "addresses share"), "ones");
    if (summary->is_aborted) {
        say(remarks, "The run was aborted, because its SLO could not be met any more.");
    }
    if (summary->is_interrupted) {
        say(remarks, "The run was stopped before its time.");
    }
}

/* vegeta's formats hold when a request began, how long it took, and little else. */
static void remark_on_bare(struct remarks *remarks, const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    if (report_is_bare(tally)) {
        say(remarks, "The rate is that of the timestamps, because these results do not say when "
                     "requests were started.");
    } else if (tally->bare > 0) {
        say(remarks,
            "%" PRIu64 " of %" PRIu64 " results %s not say when the request was started (the rate "
            "takes the timestamp), nor anything of service, connect, wait, lag, retries and "
            "redirects.",
            tally->bare, tally->counters.ended, plural(tally->bare, "does", "do"));
    }
    if (summary->has_plan && !summary->is_cut_short && summary->unplanned > 0) {
        say(remarks,
            "Of %" PRIu64
            " %s it is not known what was intended; only what is there counts as that.",
            summary->unplanned, plural(summary->unplanned, "result", "results"));
    }
}

static void remark_on_schedule(struct remarks *remarks, const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    char text[DURATION_TEXT];
    uint64_t waiting = summary->not_started - summary->too_late;
    if (waiting > 0) {
        say(remarks,
            "%" PRIu64 " of %" PRIu64
            " %s (%.2f%%) %s not started, because no allowed connection was free when the time was "
            "up; the rate asked for was not sent. The target is too slow for it, or -max-workers "
            "or "
            "-max-connections too low.",
            waiting, summary->intended, requests(summary->intended),
            percent((double)waiting, (double)summary->intended), plural(waiting, "was", "were"));
    }
    if (summary->too_late > 0) {
        say(remarks,
            "%" PRIu64 " of %" PRIu64
            " %s (%.2f%%) %s not started, because the generator itself was too far behind when the "
            "time was up; the rate asked for was not sent. Give it more CPU, or ask for less.",
            summary->too_late, summary->intended, requests(summary->intended),
            percent((double)summary->too_late, (double)summary->intended),
            plural(summary->too_late, "was", "were"));
    }
    if (tally->counters.late > 0) {
        say(remarks,
            "%" PRIu64 " %s (%.2f%%) %s sent over 1ms late by the generator itself (99th "
            "percentile of lag: %s).",
            tally->counters.late, requests(tally->counters.late),
            percent((double)tally->counters.late, (double)tally->counters.ended),
            plural(tally->counters.late, "was", "were"),
            duration_print_rounded(histogram_percentile(&tally->lag, 990000), text));
    }
    if (tally_clipped(tally) > 0) {
        say(remarks, "%" PRIu64 " %s too long to be recorded; percentiles are too low.",
            tally_clipped(tally), plural(tally_clipped(tally), "time was", "times were"));
    }
}

static void remark_on_results(struct remarks *remarks, const struct summary *summary)
{
    const struct generator *g = &summary->generator;
    char text[DURATION_TEXT];
    if (g->held_back_ns > 0) {
        say(remarks,
            "Whoever reads the results was too slow, and held the attack back for %s (summed over "
            "%u %s). Write them to a file with -output, or keep none with -encoding none.",
            duration_print_rounded(g->held_back_ns, text), g->threads,
            plural(g->threads, "thread", "threads"));
    }
}

size_t report_remarks(const struct summary *summary,
                      void (*say_one)(void *context, const char *sentence), void *context)
{
    struct remarks remarks = {.say = say_one, .context = context};
    remark_on_file(&remarks, summary);
    remark_on_bare(&remarks, summary);
    remark_on_schedule(&remarks, summary);
    remark_on_results(&remarks, summary);
    return remarks.count;
}
