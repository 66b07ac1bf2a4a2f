#include "loadgen/report/generator_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/base/duration.h"

static const char *const remedies[] = {
    [REMEDY_ONE_ATTACK] = ". Other attacks in the same container competed for CPU; run one at a "
                          "time.",
    [REMEDY_PORTS] = ". connect(2) was slow because free local ports were scarce; widen "
                     "net.ipv4.ip_local_port_range.",
    [REMEDY_MORE_CPU] = ". Give it more CPU or reduce the load.",
    [REMEDY_MORE_THREADS] = ". Give it more threads (-cpus, and at least as many -max-workers) or "
                            "reduce the load.",
    [REMEDY_DEDICATED_CPU] = ", though its CPU was mostly idle. Other processes on this machine "
                             "delayed it; run it on dedicated CPUs.",
    [REMEDY_REPEAT] = ". Find out why they were lost, and repeat the run.",
    [REMEDY_LESS_LOAD] = ". It had CPU left; reduce the load, or run it on dedicated CPUs.",
};

__attribute__((format(printf, 2, 3))) static void append(char text[GENERATOR_TEXT],
                                                         const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, GENERATOR_TEXT - used, format, args);
    va_end(args);
}

static void append_sign(const struct generator_verdict *verdict, const struct summary *summary,
                        enum generator_sign sign, char text[GENERATOR_TEXT])
{
    const struct generator *g = &summary->generator;
    char duration[DURATION_TEXT];
    switch (sign) {
    case GENERATOR_TOO_LATE:
        append(text, "it was too far behind to start %" PRIu64 " %s", summary->too_late,
               plural(summary->too_late, "request", "requests"));
        break;
    case GENERATOR_THROTTLED:
        append(text, "the kernel throttled its CPU for at least %s",
               duration_print_rounded((uint64_t)(g->throttled_seconds * 1e9), duration));
        break;
    case GENERATOR_CPU:
        append(text, "it used %.0f%% of its CPU limit (%.2g %s)", 100 * verdict->cpu_share,
               g->cpu_limit, g->cpu_limit == 1 ? "CPU" : "CPUs");
        break;
    case GENERATOR_THREADS:
        append(text, "its %u %s %.0f%% busy", g->threads,
               plural(g->threads, "thread was", "threads were"), 100 * verdict->thread_share);
        break;
    case GENERATOR_LOOP:
        append(text, "it read responses late (99th percentile of event loop turns: %s)",
               duration_print_rounded(g->loop_p99_ns, duration));
        break;
    case GENERATOR_LAG:
        append(text, "%.80s is missed only because of the generator's lag",
               verdict->lagged->criterion->text);
        break;
    case GENERATOR_LOST:
        append(text, "workers were lost with %s%" PRIu64 " %s",
               summary->is_unknown_least ? "at least " : "", summary->unknown,
               plural(summary->unknown, "request", "requests"));
        break;
    }
}

/* "p99 3.91ms (310µs without the generator's lag), p99.9 4.2ms (400µs)" */
static void append_moves(const struct generator_verdict *verdict, char text[GENERATOR_TEXT])
{
    for (size_t i = 0; i < verdict->move_count; i++) {
        const struct generator_move *move = &verdict->moves[i];
        char latency[DURATION_TEXT];
        char response[DURATION_TEXT];
        append(text, "%s%s %s (%s%s)", i == 0 ? "" : ", ", move->name,
               duration_print_short(move->latency_ns, latency),
               duration_print_short(move->response_ns, response),
               i == 0 ? " without the generator's lag" : "");
    }
}

/* The reasons why it is not clean: the signs, then the values that lag has changed. */
static void append_reasons(const struct generator_verdict *verdict, const struct summary *summary,
                           char text[GENERATOR_TEXT])
{
    const char *before = "";
    for (unsigned sign = 1; sign <= verdict->signs; sign <<= 1) {
        if (verdict->signs & sign) {
            append(text, "%s", before);
            append_sign(verdict, summary, (enum generator_sign)sign, text);
            before = ", and ";
        }
    }
    if (verdict->move_count > 0) {
        append(text, "%s", before);
        append_moves(verdict, text);
    }
}

const char *generator_verdict_print(const struct generator_verdict *verdict,
                                    const struct summary *summary, char text[GENERATOR_TEXT])
{
    char lag[DURATION_TEXT];
    text[0] = '\0';
    switch (verdict->class) {
    case GENERATOR_UNKNOWN:
        append(text, "%s whether the generator was the limit.",
               summary->is_going_on ? "It is not known yet" : "The results do not record");
        break;
    case GENERATOR_CLEAN:
        append(text,
               "Clean: the generator used %.1f%% of its CPU, and its 99th-percentile lag was %s.",
               100 * verdict->cpu_share,
               duration_print_rounded(histogram_percentile(&summary->tally->lag, 990000), lag));
        break;
    case GENERATOR_DISTURBED:
    case GENERATOR_LIMIT:
        append(text, "%s: ",
               verdict->class == GENERATOR_LIMIT ? "Generator-limited"
                                                 : "Disturbed by the generator");
        append_reasons(verdict, summary, text);
        append(text, "%s", remedies[verdict->remedy]);
        if (verdict->worst) {
            append(text, " The worst worker was %s.", verdict->worst);
        }
        if (verdict->class == GENERATOR_DISTURBED && verdict->signs) {
            append(text, " The target would miss the SLO even without this disturbance.");
        }
        break;
    }
    if (verdict->class != GENERATOR_UNKNOWN && summary->generator.has_scripts) {
        append(text, " Scripts used %.0f%% of the generator's CPU.", 100 * verdict->script_share);
    }
    return text;
}
