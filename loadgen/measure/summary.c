#include "loadgen/measure/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/target/utf8.h"

struct summary *summary_create(void)
{
    struct summary *summary = calloc(1, sizeof *summary);
    struct tally *tally = tally_create(true, true);
    if (!summary || !tally) {
        free(summary);
        tally_destroy(tally);
        return NULL;
    }
    summary->tally = tally;
    text_pool_init(&summary->texts);
    return summary;
}

void summary_destroy(struct summary *summary)
{
    if (summary) {
        tally_destroy(summary->tally);
        text_pool_fini(&summary->texts);
        rows_free(&summary->rows);
        rows_free(&summary->addresses);
        free(summary->generators);
    }
    free(summary);
}

void summary_add_schedule(struct summary *summary, const char *words)
{
    static const char and[] = " and ";
    size_t used = strlen(summary->schedule);
    if (used + strlen(and) + strlen(words) >= sizeof summary->schedule) {
        return;
    }
    snprintf(summary->schedule + used, sizeof summary->schedule - used, "%s%s", used ? and : "",
             words);
}

void summary_add_generator(struct summary *summary, const char *name,
                           const struct generator *generator)
{
    generator_merge(&summary->generator, generator);
    size_t count = summary->generator_count;
    if (count == SUMMARY_GENERATORS) {
        return;
    }
    struct summary_generator *larger =
        realloc(summary->generators, (count + 1) * sizeof *summary->generators);
    if (larger) {
        summary->generators = larger;
        larger[count].generator = *generator;
        snprintf(larger[count].name, sizeof larger[count].name, "%s", name);
        utf8_clean(larger[count].name);
        summary->generator_count++;
    }
}

/* n per span; the plain n when the span is 0, as vegeta has it. */
static double per_second(uint64_t n, uint64_t span_ns)
{
    return span_ns == 0 ? (double)n : (double)n * (double)NS_PER_S / (double)span_ns;
}

double summary_rate(const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    if (tally->counters.ended < 2) {
        return (double)tally->counters.ended;
    }
    uint64_t span_ns = tally->last_started_ns - tally->first_started_ns;
    return span_ns == 0 ? (double)tally->counters.ended
                        : per_second(tally->counters.ended - 1, span_ns);
}

uint64_t summary_attack_ns(const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    return tally->counters.ended ? tally->last_intended_ns - tally->first_intended_ns : 0;
}

uint64_t summary_wait_ns(const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    return tally->counters.ended ? tally->end_ns - tally->last_intended_ns : 0;
}

double summary_throughput(const struct summary *summary)
{
    return per_second(tally_successes(summary->tally),
                      summary_attack_ns(summary) + summary_wait_ns(summary));
}

double generator_cpu_share(const struct generator *g)
{
    double available = g->cpu_limit * g->wall_seconds;
    return available > 0 ? g->cpu_seconds / available : 0;
}

json_t *generator_to_json(const struct generator *g)
{
    return json_pack("{s:i, s:f, s:f, s:f, s:o, s:I, s:I, s:f}", "threads", (int)g->threads,
                     "cpu_limit", g->cpu_limit, "cpu_seconds", g->cpu_seconds, "wall_seconds",
                     g->wall_seconds, "throttled_seconds",
                     g->has_throttled ? json_real(g->throttled_seconds) : json_null(), "loop_p99",
                     (json_int_t)g->loop_p99_ns, "memory", (json_int_t)g->memory_bytes,
                     "held_back_seconds", (double)g->held_back_ns / (double)NS_PER_S);
}

/* 0 for what is no time that a run can take. */
static double seconds(const json_t *json)
{
    double value = json_number_value(json);
    return value > 0 && value < 1e9 ? value : 0;
}

struct generator generator_from_json(const json_t *json)
{
    const json_t *throttled = json_object_get(json, "throttled_seconds");
    double held = seconds(json_object_get(json, "held_back_seconds"));
    return (struct generator){
        .threads = (unsigned)json_integer_value(json_object_get(json, "threads")),
        .cpu_limit = json_number_value(json_object_get(json, "cpu_limit")),
        .cpu_seconds = json_number_value(json_object_get(json, "cpu_seconds")),
        .wall_seconds = json_number_value(json_object_get(json, "wall_seconds")),
        .has_throttled = json_is_number(throttled),
        .throttled_seconds = seconds(throttled),
        .loop_p99_ns = (uint64_t)json_integer_value(json_object_get(json, "loop_p99")),
        .memory_bytes = (uint64_t)json_integer_value(json_object_get(json, "memory")),
        .held_back_ns = (uint64_t)(held * (double)NS_PER_S),
    };
}

void generator_merge(struct generator *into, const struct generator *from)
{
    struct generator worst = generator_cpu_share(from) >= generator_cpu_share(into) ? *from : *into;
    worst.has_throttled = into->has_throttled || from->has_throttled;
    worst.throttled_seconds = fmax(into->throttled_seconds, from->throttled_seconds);
    worst.loop_p99_ns =
        into->loop_p99_ns > from->loop_p99_ns ? into->loop_p99_ns : from->loop_p99_ns;
    worst.memory_bytes =
        into->memory_bytes > from->memory_bytes ? into->memory_bytes : from->memory_bytes;
    worst.held_back_ns = into->held_back_ns + from->held_back_ns;
    *into = worst;
}
