#include "loadgen/plot/words.h"

#include <inttypes.h>
#include <time.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/base/duration.h"
#include "loadgen/plot/facts.h"
#include "loadgen/plot/html.h"
#include "loadgen/report/generator_text.h"
#include "loadgen/report/report.h"

enum { PERCENT_TEXT = 16 };

/* Never rounds up to 100 %. */
static const char *print_percent(uint64_t part, uint64_t whole, char text[PERCENT_TEXT])
{
    double percent = whole ? 100 * (double)part / (double)whole : 0;
    bool is_nearly_all = part < whole && percent >= 99.995;
    snprintf(text, PERCENT_TEXT, is_nearly_all ? "> 99.99%%" : "%.2f%%", percent);
    return text;
}

static size_t count_rows(const struct tally_row *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < ROWS_ALL; i++) {
        count += rows[i].ended > 0;
    }
    return count;
}

void words_write_lead(const struct summary *summary, FILE *out)
{
    const struct tally *tally = summary->tally;
    char count[FACTS_TEXT];
    char duration[DURATION_TEXT];
    char date[64] = "";
    struct tm parts;
    if (tally->counters.ended == 0) {
        fputs("No results.", out);
        return;
    }
    time_t began = (time_t)((summary->wall_start_ns + tally->first_intended_ns) / NS_PER_S);
    if (gmtime_r(&began, &parts)) {
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &parts);
    }
    uint64_t total_ns = summary_attack_ns(summary) + summary_wait_ns(summary);
    size_t targets = count_rows(tally->rows);
    html_print(
        out, "%s %s to %zu %s in %s, starting %s.", facts_print_count(tally->counters.ended, count),
        plural(tally->counters.ended, "request", "requests"), targets,
        plural(targets, "target", "targets"), duration_print_rounded(total_ns, duration), date);
}

static void write_remark(void *context, const char *sentence)
{
    fputs("<li>", context);
    html_write(context, sentence);
    fputs("</li>\n", context);
}

void words_write_verdict(const struct summary *summary, FILE *out)
{
    struct generator_verdict verdict = generator_judge(summary, NULL);
    char text[GENERATOR_TEXT];
    fprintf(out, "<p class=\"verdict %s\">", generator_class_name(verdict.class));
    html_write(out, generator_verdict_print(&verdict, summary, text));
    fputs("</p>\n<ul class=\"remarks\">\n", out);
    report_remarks(summary, write_remark, out);
    fputs("</ul>\n", out);
}

static void write_percentile(FILE *out, const char *name, const struct histogram *h,
                             uint32_t per_million)
{
    char text[DURATION_TEXT];
    facts_write(out, name, "%s",
                duration_print_rounded(histogram_percentile(h, per_million), text));
}

void words_write_figures(const struct summary *summary, FILE *out)
{
    const struct tally *tally = summary->tally;
    char rate[FACTS_TEXT];
    facts_write(out, "Sent", "%s/s", facts_print_rate(summary_rate(summary), rate));
    facts_write(out, "Succeeded", "%s/s", facts_print_rate(summary_throughput(summary), rate));
    char success[PERCENT_TEXT];
    facts_write(out, "Success", "%s",
                print_percent(tally_successes(tally), tally->counters.ended, success));
    write_percentile(out, "Median", &tally->latency, 500000);
    write_percentile(out, "95th", &tally->latency, 950000);
    write_percentile(out, "99th", &tally->latency, 990000);
    write_percentile(out, "Slowest", &tally->latency, 1000000);
}

static void write_row(FILE *out, const char *name, const char *mark, uint64_t ended,
                      uint64_t successes, const struct histogram *latency)
{
    static const uint32_t ranks[] = {500000, 900000, 950000, 990000, 999000};
    char count[FACTS_TEXT];
    char success[PERCENT_TEXT];
    char text[DURATION_TEXT];
    fputs("<tr><th scope=\"row\">", out);
    html_write(out, name);
    fprintf(out, "%s</th><td>%s</td><td>", mark, facts_print_count(ended, count));
    html_write(out, print_percent(successes, ended, success));
    fprintf(out, "</td><td>%s</td>", duration_print_rounded(histogram_mean(latency), text));
    for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++) {
        fprintf(out, "<td>%s</td>",
                duration_print_rounded(histogram_percentile(latency, ranks[i]), text));
    }
    fprintf(out, "<td>%s</td></tr>\n", duration_print_rounded(latency->max_ns, text));
}

/* One row per name, if there are several. */
static void write_rows(FILE *out, const char *what, const struct rows *names,
                       const struct tally_row *rows)
{
    if (count_rows(rows) < 2) {
        return;
    }
    fprintf(out, "<tbody><tr><th scope=\"rowgroup\" colspan=\"10\">%s</th></tr>\n", what);
    for (size_t i = 0; i < ROWS_ALL; i++) {
        const struct tally_row *row = &rows[i];
        if (row->ended > 0) {
            write_row(out, rows_name(names, i), report_row_mark(names, i), row->ended,
                      row->successes, &row->latency);
        }
    }
    fputs("</tbody>\n", out);
}

void words_write_targets(const struct summary *summary, FILE *out)
{
    const struct tally *tally = summary->tally;
    fputs("<thead><tr><td></td><th scope=\"col\">Requests</th>"
          "<th scope=\"col\">Success</th><th scope=\"col\">Mean</th><th scope=\"col\">50th</th>"
          "<th scope=\"col\">90th</th><th scope=\"col\">95th</th><th scope=\"col\">99th</th>"
          "<th scope=\"col\">99.9th</th><th scope=\"col\">Slowest</th></tr></thead>\n<tbody>\n",
          out);
    write_row(out, "All", "", tally->counters.ended, tally_successes(tally), &tally->latency);
    fputs("</tbody>\n", out);
    write_rows(out, "By target", &summary->rows, tally->rows);
    write_rows(out, "By address", &summary->addresses, tally->addresses);
}

void words_write_errors(const struct summary *summary, FILE *out)
{
    char count[FACTS_TEXT];
    bool is_none = true;
    fputs("<thead><tr><th scope=\"col\">Kind</th><th scope=\"col\">Requests</th>"
          "<th scope=\"col\">Example</th></tr></thead>\n<tbody>\n",
          out);
    for (size_t i = 0; i < OUTCOMES_ALL; i++) {
        const struct error_kind *kind = &summary->tally->kinds[i];
        if (kind->count > 0) {
            fprintf(out, "<tr><th scope=\"row\">%s</th><td>%s</td><td class=\"text\">",
                    error_kind_names[i], facts_print_count(kind->count, count));
            html_write(out, kind->example ? kind->example : "");
            fputs("</td></tr>\n", out);
            is_none = false;
        }
    }
    fputs(is_none ? "<tr><td colspan=\"3\">None.</td></tr>\n</tbody>\n" : "</tbody>\n", out);
}

/* The rate or the schedule in words; several files may have both. */
static void write_schedule(const struct summary *summary, FILE *out)
{
    char intended[FACTS_TEXT];
    char not_started[FACTS_TEXT];
    char per[DURATION_TEXT];
    char rate[128] = "";
    if (!summary->has_plan || summary->is_cut_short) {
        facts_write(out, "Schedule", "not recorded");
        return;
    }
    uint64_t users = summary_users(summary);
    const char *shape = summary_shape(summary);
    if (summary->rate_count == 0 && shape) {
        snprintf(rate, sizeof rate, "%s", shape);
    } else if (summary->rate_count == 0 && users > 0) {
        snprintf(rate, sizeof rate, "%" PRIu64 " %s", users, plural(users, "user", "users"));
    } else if (summary->rate_count > 0) {
        snprintf(rate, sizeof rate, "%" PRIu64 "/%s", summary->rate_count,
                 duration_print(summary->rate_per_ns, per));
    }
    const char *and = rate[0] && summary->schedule[0] ? " and " : "";
    bool is_closed = !rate[0] && !summary->schedule[0];
    facts_write(out, "Schedule", "%s%s%s: %s %s, %s not started",
                is_closed ? "as fast as possible" : rate, and, summary->schedule,
                facts_print_count(summary->intended, intended),
                plural(summary->intended, "request", "requests"),
                facts_print_count(summary->not_started, not_started));
}

/* `name` is its file if there are several generators, else "". */
static void write_generator(const struct generator *g, const char *name, FILE *out)
{
    char throttled[DURATION_TEXT] = "not recorded";
    if (g->has_throttled) {
        duration_print_rounded((uint64_t)(g->throttled_seconds * 1e9), throttled);
    }
    facts_write(out, "Generator",
                "%s%s%u thread%s, %.1f%% of %.2g CPU%s, throttled: %s%s, %.1f MiB of memory", name,
                name[0] ? ": " : "", g->threads, g->threads == 1 ? "" : "s",
                100 * generator_cpu_share(g), g->cpu_limit, g->cpu_limit == 1 ? "" : "s",
                g->has_throttled && g->throttled_seconds > 0 ? "at least " : "", throttled,
                (double)g->memory_bytes / (1024 * 1024));
}

static void write_generators(const struct summary *summary, FILE *out)
{
    if (summary->generator.threads == 0) {
        facts_write(out, "Generator", "not recorded");
    } else if (summary->generator_count < 2) {
        write_generator(&summary->generator, "", out);
    } else {
        for (size_t i = 0; i < summary->generator_count; i++) {
            const struct summary_generator *one = &summary->generators[i];
            write_generator(&one->generator, one->name, out);
        }
    }
}

void words_write_run(const struct summary *summary, FILE *out)
{
    const struct tally *tally = summary->tally;
    const struct counters *counters = &tally->counters;
    char text[FACTS_TEXT];
    char more[FACTS_TEXT];
    char third[FACTS_TEXT];
    write_schedule(summary, out);
    facts_write(out, "Outcome", "%s answered, %s timed out, %s failed",
                facts_print_count(counters->answered, text),
                facts_print_count(counters->timed_out, more),
                facts_print_count(counters->failed, third));
    if (report_is_bare(tally)) {
        facts_write(out, "Counts", "late, retried and redirected requests are not recorded");
    } else {
        facts_write(out, "Counts", "%s late, %s retried, %s redirected",
                    facts_print_count(counters->late, text),
                    facts_print_count(counters->retried, more),
                    facts_print_count(counters->redirected, third));
    }
    facts_write(out, "Bytes", "%s in, %s out", facts_print_count(tally->bytes_in, text),
                facts_print_count(tally->bytes_out, more));
    write_generators(summary, out);
}
