#include "loadgen/verdict/generator.h"

#include <math.h>

#include "common/clock.h"

static const double CPU_MAX = 0.8;        /* of its CPU limit */
static const double CPU_IDLE = 0.5;       /* below this, its own CPU was not what it lacked */
static const double CPU_ROUND = 0.05;     /* tolerance in CPUs when threads and CPUs are compared */
static const double THROTTLED_MAX = 0.01; /* of the time */
static const double LOOP_MAX_NS = NS_PER_MS; /* without a limit on a time */

/* Fewer threads than CPUs cannot use all of the CPU limit. */
static double thread_share(const struct generator *g)
{
    bool has_fewer = g->threads < g->cpu_limit - CPU_ROUND;
    double available = has_fewer ? g->threads * g->wall_seconds : 0;
    return available > 0 ? g->cpu_seconds / available : generator_cpu_share(g);
}

/* Both are estimates, of which the first may be a little larger. */
static double script_share(const struct generator *g)
{
    return g->cpu_seconds > 0 ? fmin(1, g->script_seconds / g->cpu_seconds) : 0;
}

/* The first criterion that is missed by lag alone. */
static const struct slo_finding *find_lagged(const struct slo_verdict *slo)
{
    for (size_t i = 0; slo && i < slo->count; i++) {
        if (slo->list[i].is_lag) {
            return &slo->list[i];
        }
    }
    return NULL;
}

/* The signs that its own figures show. */
static unsigned signs_of(const struct generator *g, double tightest_ns)
{
    double loop_max_ns = isfinite(tightest_ns) ? tightest_ns / 10 : LOOP_MAX_NS;
    bool is_throttled = g->has_throttled && g->throttled_seconds > THROTTLED_MAX * g->wall_seconds;
    bool is_cpu_short = generator_cpu_share(g) > CPU_MAX;
    unsigned signs = 0;
    signs |= is_throttled ? GENERATOR_THROTTLED : 0;
    signs |= is_cpu_short ? GENERATOR_CPU : 0;
    signs |= !is_cpu_short && thread_share(g) > CPU_MAX ? GENERATOR_THREADS : 0;
    signs |= (double)g->loop_p99_ns > loop_max_ns ? GENERATOR_LOOP : 0;
    return signs;
}

/* The worker with the most signs; of several, the one that used most of its CPU. */
static const char *find_worst(const struct summary *summary, double tightest_ns)
{
    const struct summary_generator *worst = NULL;
    int most = 0;
    for (size_t i = 0; i < summary->generator_count; i++) {
        const struct summary_generator *one = &summary->generators[i];
        int count = __builtin_popcount(signs_of(&one->generator, tightest_ns));
        bool is_worse = count > most || (worst && count == most &&
                                         generator_cpu_share(&one->generator) >
                                             generator_cpu_share(&worst->generator));
        if (one->is_worker && is_worse) {
            worst = one;
            most = count;
        }
    }
    return worst && summary->generator_count > 1 ? worst->name : NULL;
}

static unsigned find_signs(const struct summary *summary, const struct generator_verdict *verdict,
                           double tightest_ns)
{
    unsigned signs = signs_of(&summary->generator, tightest_ns);
    signs |= summary->too_late > 0 ? GENERATOR_TOO_LATE : 0;
    signs |= verdict->lagged ? GENERATOR_LAG : 0;
    signs |= summary->unknown > 0 ? GENERATOR_LOST : 0;
    return signs;
}

static void find_moves(const struct tally *tally, double tightest_ns,
                       struct generator_verdict *verdict)
{
    static const struct {
        const char *name;
        uint32_t per_million;
    } percentiles[GENERATOR_MOVES] = {
        {"p50", 500000}, {"p90", 900000}, {"p95", 950000}, {"p99", 990000}, {"p99.9", 999000}};
    for (size_t i = 0; tally->bare == 0 && i < GENERATOR_MOVES; i++) {
        const struct generator_move move = {
            .name = percentiles[i].name,
            .latency_ns = histogram_percentile(&tally->latency, percentiles[i].per_million),
            .response_ns = histogram_percentile(&tally->response, percentiles[i].per_million),
        };
        if (slo_is_moved((double)move.latency_ns, (double)move.response_ns, tightest_ns)) {
            verdict->moves[verdict->move_count++] = move;
        }
    }
}

static enum generator_remedy find_remedy(const struct generator *g,
                                         const struct generator_verdict *verdict)
{
    bool is_cpu_short = verdict->cpu_share > CPU_MAX;
    bool was_throttled = g->has_throttled && g->throttled_seconds > 0;
    if (verdict->signs == GENERATOR_LOST) {
        return REMEDY_REPEAT;
    }
    if (g->other_attacks > 0 && !is_cpu_short && !was_throttled) {
        return REMEDY_ONE_ATTACK;
    }
    if (generator_lacks_ports(g)) {
        return REMEDY_PORTS;
    }
    if (is_cpu_short || was_throttled) {
        return REMEDY_MORE_CPU;
    }
    if (verdict->thread_share > CPU_MAX) {
        return REMEDY_MORE_THREADS;
    }
    return verdict->thread_share < CPU_IDLE ? REMEDY_DEDICATED_CPU : REMEDY_LESS_LOAD;
}

static enum generator_class classify(const struct generator_verdict *verdict,
                                     const struct slo_verdict *slo)
{
    if (verdict->signs && !(slo && slo->is_certain)) {
        return GENERATOR_LIMIT;
    }
    return verdict->signs || verdict->move_count > 0 ? GENERATOR_DISTURBED : GENERATOR_CLEAN;
}

struct generator_verdict generator_judge(const struct summary *summary,
                                         const struct slo_verdict *slo)
{
    const struct generator *g = &summary->generator;
    double tightest_ns = slo ? slo->tightest_ns : INFINITY;
    struct generator_verdict verdict = {
        .class = GENERATOR_UNKNOWN,
        .cpu_share = generator_cpu_share(g),
        .thread_share = thread_share(g),
        .script_share = script_share(g),
        .own_failures = tally_own_failures(summary->tally),
        .lagged = find_lagged(slo),
    };
    if (g->threads > 0) {
        verdict.signs = find_signs(summary, &verdict, tightest_ns);
        verdict.worst = find_worst(summary, tightest_ns);
        find_moves(summary->tally, tightest_ns, &verdict);
        verdict.class = classify(&verdict, slo);
    }
    verdict.remedy = find_remedy(g, &verdict);
    return verdict;
}

const char *generator_class_name(enum generator_class class)
{
    static const char *const names[] = {
        [GENERATOR_UNKNOWN] = "unknown",
        [GENERATOR_CLEAN] = "clean",
        [GENERATOR_DISTURBED] = "disturbed",
        [GENERATOR_LIMIT] = "limit",
    };
    return names[class];
}
