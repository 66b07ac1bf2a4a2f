#include "loadgen/report/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/pace/duration.h"

static const double CPU_MAX = 0.8;        /* of what it may use */
static const double CPU_IDLE = 0.5;       /* below this it was not its own CPU that it lacked */
static const double THROTTLED_MAX = 0.01; /* of the time */
static const double LATE_MAX = 0.01;      /* of the requests */
enum { WAIT_DWARFS = 20 };                /* times the lag */
static const uint64_t LOOP_MAX_NS = NS_PER_MS;

/* Adds a reason to the list of reasons. */
__attribute__((format(printf, 2, 3))) static void add(struct verdict *verdict, const char *format,
                                                      ...)
{
    size_t used = strlen(verdict->why);
    va_list args;
    if (verdict->is_limited && used < sizeof verdict->why) {
        used += (size_t)snprintf(verdict->why + used, sizeof verdict->why - used, ", and ");
    }
    verdict->is_limited = true;
    if (used < sizeof verdict->why) {
        va_start(args, format);
        vsnprintf(verdict->why + used, sizeof verdict->why - used, format, args);
        va_end(args);
    }
}

static bool is_throttled(const struct generator *g)
{
    return g->has_throttled && g->throttled_seconds > THROTTLED_MAX * g->wall_seconds;
}

/*
 * In a queue for a connection the moments between two answers add up to lag, a few microseconds for
 * each request ahead. Beside a wait that is many times as long they limit nothing.
 */
static bool is_dwarfed_by_wait(const struct tally *tally)
{
    return tally->lag.sum_ns < tally->wait.sum_ns / WAIT_DWARFS;
}

static void add_reasons(struct verdict *verdict, const struct summary *summary)
{
    const struct generator *g = &summary->generator;
    const struct counters *counters = &summary->tally->counters;
    double share = generator_cpu_share(g);
    double late = counters->ended ? (double)counters->late / (double)counters->ended : 0;
    char text[DURATION_TEXT];
    if (summary->too_late > 0) {
        add(verdict, "it was too far behind to start %" PRIu64 " %s", summary->too_late,
            plural(summary->too_late, "request", "requests"));
    }
    if (is_throttled(g)) {
        uint64_t throttled_ns = (uint64_t)(g->throttled_seconds * (double)NS_PER_S);
        add(verdict, "the kernel stopped it for %s to keep it within its CPU limit",
            duration_print_rounded(throttled_ns, text));
    }
    if (share > CPU_MAX) {
        add(verdict, "it used %.0f%% of the %.2g CPU that it may use", 100 * share, g->cpu_limit);
    }
    if (late > LATE_MAX && !is_dwarfed_by_wait(summary->tally)) {
        add(verdict, "it sent %.1f%% of the requests over 1ms late", 100 * late);
    }
    if (g->loop_p99_ns > LOOP_MAX_NS) {
        add(verdict, "answers waited in it to be read (99th percentile of a turn of its loop: %s)",
            duration_print_rounded(g->loop_p99_ns, text));
    }
}

struct verdict verdict_of(const struct summary *summary)
{
    const struct generator *g = &summary->generator;
    struct verdict verdict = {.is_known = g->threads > 0};
    char text[DURATION_TEXT];
    if (!verdict.is_known) {
        snprintf(verdict.why, sizeof verdict.why, "Whether the generator was the limit is not %s.",
                 summary->is_going_on ? "known yet" : "recorded");
        return verdict;
    }
    snprintf(verdict.why, sizeof verdict.why, "The generator was the limit: ");
    add_reasons(&verdict, summary);
    size_t used = strlen(verdict.why);
    if (verdict.is_limited) {
        snprintf(verdict.why + used, sizeof verdict.why - used, ". %s",
                 generator_cpu_share(g) < CPU_IDLE && !is_throttled(g)
                     ? "It had CPU to spare, so other work held it up: run it where it has its CPU "
                       "to itself."
                     : "Give it more CPU, or ask for less.");
    } else {
        snprintf(verdict.why, sizeof verdict.why,
                 "The generator was not the limit: it used %.1f%% of its CPU, and the 99th "
                 "percentile of its lag was %s.",
                 100 * generator_cpu_share(g),
                 duration_print_rounded(histogram_percentile(&summary->tally->lag, 990000), text));
    }
    return verdict;
}
