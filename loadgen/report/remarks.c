#include <inttypes.h>
#include <stdarg.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/base/duration.h"
#include "loadgen/measure/error_text.h"
#include "loadgen/report/report.h"
#include "loadgen/verdict/generator.h"

/* The number of connections that is never too many, and the number that merits a remark. */
enum { CONNECTIONS_FEW = 64, CONNECTIONS_MANY = 1000 };

/* Maximum spread of the requests per address of a host, relative to the mean: 2% on either side. */
static const double UNEVEN = 0.04;
static const double UNEVEN_CLOSED = 0.2; /* in a closed loop */

struct remarks {
    void (*say)(void *context, const char *sentence);
    void *context;
    size_t count;
};

__attribute__((format(printf, 2, 3))) static void say(struct remarks *remarks, const char *format,
                                                      ...)
{
    char sentence[1280];
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

static void remark_on_rows(struct remarks *remarks, const struct rows *rows, const char *what)
{
    if (rows->others > 0) {
        say(remarks, "%" PRIu64 " %s the row \"other\"; only the first %d have rows of their own.",
            (uint64_t)rows->others, what, ROWS_MAX);
    }
    uint64_t partial = 0;
    for (size_t i = 0; i < ROWS_MAX; i++) {
        partial += rows_is_partial(rows, i);
    }
    if (partial > 0) {
        say(remarks,
            "%" PRIu64 " %s partial: some requests may be in the row \"other\" instead, because a "
            "run or worker had more names than rows.",
            partial, plural(partial, "row is", "rows are"));
    }
}

static void remark_on_lost(struct remarks *remarks, const struct summary *summary)
{
    if (summary->lost[0] != '\0') {
        say(remarks,
            "Lost with %s: %s%" PRIu64 " %s, which may have been sent. They are neither in the "
            "results nor counted as not started.",
            summary->lost, summary->is_unknown_least ? "at least " : "", summary->unknown,
            requests(summary->unknown));
    }
    if (summary->iterations_unknown > 0) {
        say(remarks,
            "%" PRIu64 " %s due on lost workers and not reported: %s may have been started.",
            summary->iterations_unknown,
            plural(summary->iterations_unknown, "iteration was", "iterations were"),
            plural(summary->iterations_unknown, "it", "they"));
    }
    if (summary->lost_rows > 0) {
        say(remarks,
            "%" PRIu64
            " %s of feeders with order = \"once\" belonged to lost workers: some may not "
            "have been used, and no other worker used them.",
            summary->lost_rows, plural(summary->lost_rows, "row", "rows"));
    }
}

static void remark_on_file(struct remarks *remarks, const struct summary *summary)
{
    if (summary->is_going_on) {
        say(remarks, "Interim report: these are the first %" PRIu64 " results.",
            summary->tally->counters.ended);
    }
    if (summary->is_cut_short) {
        say(remarks, "The results were cut short: the end of the run is missing. Results may be "
                     "missing, too, and the numbers of intended requests and of requests not "
                     "started are unknown.");
    }
    if (summary->damaged > 0) {
        say(remarks, "Results are missing: %" PRIu64 " damaged %s skipped%s%s.", summary->damaged,
            plural(summary->damaged, "block or line", "blocks or lines"),
            summary->loss[0] ? "; the first in " : "", summary->loss);
    }
    if (summary->lost_seconds > 0) {
        say(remarks,
            "The per-second counters of %" PRIu64 " %s were skipped, because the reader of the "
            "results was too slow. No results are missing.",
            summary->lost_seconds, plural(summary->lost_seconds, "second", "seconds"));
    }
    remark_on_rows(remarks, &summary->rows,
                   plural(summary->rows.others, "target shares", "targets share"));
    remark_on_rows(remarks, &summary->addresses,
                   plural(summary->addresses.others, "address shares", "addresses share"));
    if (summary->is_aborted) {
        say(remarks, "The run was aborted because its SLO could no longer be met.");
    }
    if (summary->is_interrupted) {
        say(remarks, "The run was stopped early.");
    }
    if (summary->abandoned > 0) {
        say(remarks,
            "A second signal abandoned %" PRIu64 " %s in flight. The other numbers exclude %s, so "
            "latencies are too low if the target was slow.",
            summary->abandoned, requests(summary->abandoned),
            plural(summary->abandoned, "it", "them"));
    }
    for (size_t i = 0; i < summary->generator_count; i++) {
        const struct summary_generator *one = &summary->generators[i];
        if (one->own.differs[0] != '\0') {
            say(remarks,
                "%s differs from the other workers: %s. It was disturbed, or reaches the target in "
                "another way, so the merged numbers mix two situations.",
                one->name, one->own.differs);
        }
    }
    if (summary->users_moved > 0) {
        say(remarks,
            "%" PRIu64 " %s to another worker, because workers joined, left or were lost. Each "
            "ended, and started again at the spawn rate, so for a time there were fewer users.",
            summary->users_moved, plural(summary->users_moved, "user moved", "users moved"));
    }
    remark_on_lost(remarks, summary);
}

/* vegeta's formats record little more than the start and the latency of a request. */
static void remark_on_bare(struct remarks *remarks, const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    if (report_is_bare(tally)) {
        say(remarks,
            "The rate is computed from timestamps, because these results do not record when "
            "requests were started.");
    } else if (tally->bare > 0) {
        say(remarks,
            "%" PRIu64 " of %" PRIu64
            " results %s the times of start, service, connect, wait and lag, retries and "
            "redirects. The rate is computed from their timestamps.",
            tally->bare, tally->counters.ended, plural(tally->bare, "lacks", "lack"));
    }
    if (summary->has_plan && !summary->is_cut_short && summary->unplanned > 0) {
        say(remarks,
            "%" PRIu64
            " %s from runs without a recorded plan; only recorded requests of these runs count as "
            "intended.",
            summary->unplanned, plural(summary->unplanned, "result is", "results are"));
    }
}

/*
 * Requests that opened a connection have a connect time. Without keep-alive, these are nearly all.
 */
static uint64_t connections_opened(const struct tally *tally)
{
    uint64_t opened = tally->connect.count - histogram_count_between(&tally->connect, 0, 1);
    return opened < tally->counters.ended / 2 ? opened : 0;
}

/* True if the target answered fewer requests than scheduled. */
static bool fell_short(const struct summary *summary)
{
    return summary->not_started > 0 || generator_judge(summary, NULL).class == GENERATOR_LIMIT ||
           summary_throughput(summary) < 0.9 * summary_rate(summary);
}

/*
 * Returns how many connections would have been enough: by Little's law, four times as many as are
 * busy at the same time if every answer takes as long as the fastest hundredth, rounded up to a
 * power of two. 0: no more were opened than are useful, or they did no harm. In a closed loop the
 * user chose their number.
 *
 * An open loop that falls behind opens a connection for each request that is due, and each of them
 * lengthens the generator's event loop turns and the target's answers.
 */
static uint64_t connections_enough(const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    bool is_open_loop =
        summary->rate_count > 0 || (summary->schedule[0] && summary->scheduled_per_s > 0);
    uint64_t opened = connections_opened(tally);
    double fastest_s = (double)histogram_percentile(&tally->service, 10000) / (double)NS_PER_S;
    uint64_t enough = CONNECTIONS_FEW;
    while ((double)enough < 4 * fastest_s * summary_throughput(summary)) {
        enough *= 2;
    }
    bool is_too_many = opened >= CONNECTIONS_MANY && opened / 8 > enough;
    return is_open_loop && is_too_many && fell_short(summary) ? enough : 0;
}

static void remark_on_connections(struct remarks *remarks, const struct summary *summary)
{
    uint64_t enough = connections_enough(summary);
    if (enough > 0) {
        say(remarks,
            "%" PRIu64 " connections were opened, and each costs CPU in the generator and the "
            "target. %" PRIu64 " should be enough: with -max-connections %" PRIu64
            ", the rate may be higher.",
            connections_opened(summary->tally), enough, enough);
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
            " %s (%.2f%%) %s not started, because no connection was free before the run ended; the "
            "scheduled rate was not reached. The target is too slow for that rate%s.",
            waiting, summary->intended, requests(summary->intended),
            percent((double)waiting, (double)summary->intended), plural(waiting, "was", "were"),
            connections_enough(summary) > 0 ? ""
                                            : ", or -max-workers or -max-connections is too low");
    }
    if (summary->too_late > 0) {
        say(remarks,
            "%" PRIu64 " of %" PRIu64
            " %s (%.2f%%) %s not started, because the generator was too far behind when the run "
            "ended; the scheduled rate was not reached.",
            summary->too_late, summary->intended, requests(summary->intended),
            percent((double)summary->too_late, (double)summary->intended),
            plural(summary->too_late, "was", "were"));
    }
    if (summary->iterations_dropped > 0) {
        uint64_t due = summary->iterations + summary->iterations_dropped;
        say(remarks,
            "%" PRIu64 " of %" PRIu64 " iterations (%.2f%%) %s dropped, because no user was free "
            "when %s due. Raise the number of users (-u), or lower -rate.",
            summary->iterations_dropped, due,
            percent((double)summary->iterations_dropped, (double)due),
            plural(summary->iterations_dropped, "was", "were"),
            plural(summary->iterations_dropped, "it was", "they were"));
    }
    if (tally->counters.late > 0) {
        say(remarks,
            "%" PRIu64 " %s (%.2f%%) started more than 1ms late because of the generator "
            "(99th-percentile lag: %s).",
            tally->counters.late, requests(tally->counters.late),
            percent((double)tally->counters.late, (double)tally->counters.ended),
            duration_print_rounded(histogram_percentile(&tally->lag, 990000), text));
    }
    if (tally_clipped(tally) > 0) {
        say(remarks, "%" PRIu64 " %s over 9.77 hours; percentiles among them are the maximum.",
            tally_clipped(tally), plural(tally_clipped(tally), "duration was", "durations were"));
    }
}

static void remark_on_others(struct remarks *remarks, const struct summary *summary)
{
    int others = summary->generator.other_attacks;
    if (others > 0) {
        say(remarks,
            "%d other %s ran at the same time in this container (or on this machine, outside a "
            "container) and competed for CPU and the target. Run one at a time; loadgen stop ends "
            "all attacks.",
            others, plural((uint64_t)others, "attack", "attacks"));
    }
}

/* One sentence, with the number of requests that each kind concerns. */
static void remark_on_answers(struct remarks *remarks, const struct tally *tally)
{
    static const char *const words[VIOLATIONS_ALL] = {
#define X(name, text) text,
        VIOLATIONS(X)
#undef X
    };
    char list[1024] = "";
    size_t length = 0;
    if (tally->counters.malformed == 0) {
        return;
    }
    for (size_t i = 0; i < VIOLATIONS_ALL; i++) {
        if (tally->violations[i] > 0) {
            int n = snprintf(list + length, sizeof list - length, "%s%s (%" PRIu64 ")",
                             length > 0 ? ", " : "", words[i], tally->violations[i]);
            length += (size_t)n < sizeof list - length ? (size_t)n : 0;
        }
    }
    say(remarks,
        "The responses to %" PRIu64 " of %" PRIu64
        " %s violate RFC 9112: %s. They are counted as valid, but other clients may reject them.",
        tally->counters.malformed, tally->counters.ended, requests(tally->counters.ended),
        length > 0 ? list : "the kind of violation is not recorded");
}

static void remark_on_names(struct remarks *remarks, const struct summary *summary)
{
    if (summary->lost_connects > 0) {
        say(remarks,
            "%" PRIu64
            " %s to resolved addresses failed, and names were resolved only once. If pods "
            "were replaced during the run, re-resolve names with -dns-ttl 5s.",
            summary->lost_connects, plural(summary->lost_connects, "connection", "connections"));
    }
}

/* True if the spread is larger than chance, or catching up after a stall (turns.h), explains. */
static bool is_uneven(const struct summary *summary)
{
    const struct spread *spread = &summary->spread;
    bool is_closed_loop = summary->scheduled_per_s == 0;
    unsigned threads = summary->generator.threads ? summary->generator.threads : 1;
    return spread->addresses > 1 && spread->most - spread->least > (uint64_t)20 * threads &&
           spread_width(spread) > (is_closed_loop ? UNEVEN_CLOSED : UNEVEN);
}

static void remark_on_spread(struct remarks *remarks, const struct summary *summary)
{
    const struct spread *spread = &summary->spread;
    if (is_uneven(summary)) {
        say(remarks,
            "The %" PRIu64 " addresses of %s received unequal numbers of requests, %" PRIu64
            " to %" PRIu64 ". %s",
            spread->addresses, spread->host, spread->least, spread->most,
            summary->scheduled_per_s == 0
                ? "Without a rate, faster addresses receive more."
                : "Addresses that refuse connections, stall or were resolved late receive fewer; "
                  "see the rows by address.");
    }
}

static void remark_on_ports(struct remarks *remarks, const struct summary *summary)
{
    static const char remedy[] =
        "Keep connections alive (-keepalive), widen net.ipv4.ip_local_port_range (each pod has its "
        "own), or set net.ipv4.tcp_tw_reuse=1.";
    const struct generator *g = &summary->generator;
    char text[DURATION_TEXT];
    uint64_t refused = 0;
    for (size_t i = 0; i < summary->tally->error_count; i++) {
        const struct error_count *error = &summary->tally->errors[i];
        refused += error_text_lacks_port(error->text) ? error->count : 0;
    }
    if (refused > 0) {
        say(remarks, "%" PRIu64 " %s failed because no local port was free. %s", refused,
            requests(refused), remedy);
    } else if (generator_lacks_ports(g)) {
        say(remarks,
            "Local ports were scarce: %" PRIu64 " sockets were in TIME_WAIT, and there are only "
            "%" PRIu64 " local ports. connect(2) took %s on average to find a free one. %s",
            g->time_wait, g->local_ports, duration_print_rounded(g->connect_ns / g->connects, text),
            remedy);
    }
}

static void remark_on_results(struct remarks *remarks, const struct summary *summary)
{
    const struct generator *g = &summary->generator;
    char text[DURATION_TEXT];
    if (g->held_back_ns > 0) {
        say(remarks,
            "The reader of the results was too slow: the attack was blocked for %s (summed over %u "
            "%s). Write results to a file with -output, or keep none with -encoding none.",
            duration_print_rounded(g->held_back_ns, text), g->threads,
            plural(g->threads, "thread", "threads"));
    }
}

static void remark_on_fired(struct remarks *remarks, const struct tally *tally)
{
    uint64_t fired = tally->counters.fired;
    if (fired > 0) {
        say(remarks,
            "%" PRIu64 " of %" PRIu64 " results %s fired by scripts (events.request.fire). They "
            "count as requests, although loadgen sent nothing.",
            fired, tally->counters.ended, plural(fired, "was", "were"));
    }
}

static void remark_on_exceptions(struct remarks *remarks, const struct exceptions *exceptions)
{
    if (exceptions->total > 0) {
        say(remarks, "Scripts raised %" PRIu64 " %s%s%s", exceptions->total,
            plural(exceptions->total, "exception", "exceptions"),
            exceptions->count > 0 ? "; the first was " : ".",
            exceptions->count > 0 ? exceptions->list[0].message : "");
    }
}

size_t report_remarks(const struct summary *summary,
                      void (*say_one)(void *context, const char *sentence), void *context)
{
    struct remarks remarks = {.say = say_one, .context = context};
    remark_on_file(&remarks, summary);
    remark_on_bare(&remarks, summary);
    remark_on_answers(&remarks, summary->tally);
    remark_on_schedule(&remarks, summary);
    remark_on_connections(&remarks, summary);
    remark_on_others(&remarks, summary);
    remark_on_ports(&remarks, summary);
    remark_on_names(&remarks, summary);
    remark_on_spread(&remarks, summary);
    remark_on_results(&remarks, summary);
    remark_on_fired(&remarks, summary->tally);
    remark_on_exceptions(&remarks, &summary->exceptions);
    return remarks.count;
}
