#include "loadgen/measure/summary.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/least.h"
#include "loadgen/base/text/utf8.h"

/* connect(2) takes 10 to 40 us if it finds a port immediately. */
static const uint64_t PORT_SEARCH_NS = 200 * NS_PER_US;
static const double PORT_SEARCH_SHARE = 0.1; /* of the CPU time used */

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
    exceptions_init(&summary->exceptions);
    return summary;
}

static void free_parts(struct summary *summary)
{
    text_pool_fini(&summary->texts);
    exceptions_fini(&summary->exceptions);
    rows_free(&summary->rows);
    rows_free(&summary->addresses);
    for (size_t i = 0; i < summary->generator_count; i++) {
        json_decref(summary->generators[i].environment);
    }
    free(summary->generators);
    json_decref(summary->plan);
    json_decref(summary->environment);
}

void summary_clear(struct summary *summary)
{
    struct tally *tally = summary->tally;
    free_parts(summary);
    tally_clear(tally);
    *summary = (struct summary){.tally = tally};
    text_pool_init(&summary->texts);
    exceptions_init(&summary->exceptions);
}

void summary_destroy(struct summary *summary)
{
    if (summary) {
        tally_destroy(summary->tally);
        free_parts(summary);
    }
    free(summary);
}

/* False if there is no room. */
static bool add_words(char *text, size_t size, const char *between, const char *words)
{
    size_t used = strlen(text);
    bool has_room = used + strlen(between) + strlen(words) < size;
    if (has_room) {
        snprintf(text + used, size - used, "%s%s", used ? between : "", words);
    }
    return has_room;
}

void summary_add_schedule(struct summary *summary, const char *words)
{
    add_words(summary->schedule, sizeof summary->schedule, " and ", words);
}

void summary_change_schedule(struct summary *summary, const char *words, uint64_t at_ns)
{
    char text[SUMMARY_CHANGES];
    char time[DURATION_TEXT];
    snprintf(text, sizeof text, "%s from %s on", words, duration_print_short(at_ns, time));
    summary_add_changes(summary, text);
}

void summary_add_changes(struct summary *summary, const char *changes)
{
    static const char then[] = " then ";
    char text[SUMMARY_CHANGES];
    char time[DURATION_TEXT];
    if (summary->rate_count > 0) {
        snprintf(text, sizeof text, "%" PRIu64 "/%s", summary->rate_count,
                 duration_print(summary->rate_per_ns, time));
        summary->rate_count = 0;
        summary_add_schedule(summary, text);
    } else if (!summary->schedule[0]) {
        summary_add_schedule(summary, "as fast as possible");
    }
    if (add_words(summary->changes, sizeof summary->changes, then, changes)) {
        add_words(summary->schedule, sizeof summary->schedule, then, changes);
    }
}

void summary_add_lost(struct summary *summary, const char *names, uint64_t unknown, bool is_least)
{
    summary->unknown += unknown;
    summary->is_unknown_least |= is_least;
    add_words(summary->lost, sizeof summary->lost, ", ", names);
}

struct summary_generator *summary_add_generator(struct summary *summary, const char *name,
                                                const struct generator *generator,
                                                json_t *environment)
{
    generator_merge(&summary->generator, generator);
    size_t count = summary->generator_count;
    struct summary_generator *larger =
        count < SUMMARY_GENERATORS
            ? realloc(summary->generators, (count + 1) * sizeof *summary->generators)
            : NULL;
    if (!larger) {
        return NULL;
    }
    summary->generators = larger;
    larger[count] = (struct summary_generator){.generator = *generator,
                                               .environment = json_incref(environment)};
    snprintf(larger[count].name, sizeof larger[count].name, "%s", name);
    utf8_clean(larger[count].name);
    summary->generator_count++;
    return &larger[count];
}

/* n per second of the span; n if the span is 0, as in vegeta. */
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

static uint64_t integer(const json_t *json, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(json, key));
    return value > 0 ? (uint64_t)value : 0;
}

uint64_t summary_users(const struct summary *summary)
{
    return integer(json_object_get(summary->plan, "scenario"), "users");
}

const char *summary_shape(const struct summary *summary)
{
    return json_string_value(json_object_get(json_object_get(summary->plan, "scenario"), "shape"));
}

double generator_cpu_share(const struct generator *g)
{
    double available = g->cpu_limit * g->wall_seconds;
    return available > 0 ? g->cpu_seconds / available : 0;
}

uint64_t generator_read_late_ns(const struct generator *g)
{
    return g->loop_unread_ns + g->throttled_most_ns;
}

bool generator_lacks_ports(const struct generator *g)
{
    bool is_slow = g->connects > 0 && g->connect_ns / g->connects > PORT_SEARCH_NS;
    bool is_much = (double)g->connect_ns > PORT_SEARCH_SHARE * g->cpu_seconds * (double)NS_PER_S;
    return is_slow && is_much && g->time_wait * 4 >= g->local_ports && g->local_ports > 0;
}

double spread_width(const struct spread *spread)
{
    double mean = ((double)spread->least + (double)spread->most) / 2;
    return mean > 0 ? (double)(spread->most - spread->least) / mean : 0;
}

void spread_merge(struct spread *into, const struct spread *from)
{
    if (from->addresses > 0 && (into->addresses == 0 || spread_width(from) > spread_width(into))) {
        *into = *from;
    }
}

json_t *generator_to_json(const struct generator *g)
{
    return json_pack(
        "{s:i, s:f, s:f, s:f, s:o, s:f, s:o, s:o, s:o, s:I, s:I, s:I, s:f, s:I, s:f, s:I, s:I}",
        "threads", (int)g->threads, "cpu_limit", g->cpu_limit, "cpu_seconds", g->cpu_seconds,
        "wall_seconds", g->wall_seconds, "throttled_seconds",
        g->has_throttled ? json_real(g->throttled_seconds) : json_null(), "throttled_most_seconds",
        (double)g->throttled_most_ns / (double)NS_PER_S, "stolen_seconds",
        g->has_stolen ? json_real(g->stolen_seconds) : json_null(), "script_seconds",
        g->has_scripts ? json_real(g->script_seconds) : json_null(), "other_attacks",
        g->other_attacks >= 0 ? json_integer(g->other_attacks) : json_null(), "loop_p99",
        (json_int_t)g->loop_p99_ns, "loop_unread", (json_int_t)g->loop_unread_ns, "memory",
        (json_int_t)g->memory_bytes, "held_back_seconds",
        (double)g->held_back_ns / (double)NS_PER_S, "connects", (json_int_t)g->connects,
        "connect_seconds", (double)g->connect_ns / (double)NS_PER_S, "local_ports",
        (json_int_t)g->local_ports, "time_wait", (json_int_t)g->time_wait);
}

/* -1 if it is not a count. */
static int other_attacks(const json_t *json)
{
    json_int_t value = json_is_integer(json) ? json_integer_value(json) : -1;
    return value >= 0 && value <= INT_MAX ? (int)value : -1;
}

/* 0 if it is not a plausible duration of a run. */
static double seconds(const json_t *json)
{
    double value = json_number_value(json);
    return value > 0 && value < 1e9 ? value : 0;
}

struct generator generator_from_json(const json_t *json)
{
    const json_t *throttled = json_object_get(json, "throttled_seconds");
    const json_t *stolen = json_object_get(json, "stolen_seconds");
    const json_t *scripts = json_object_get(json, "script_seconds");
    double most = seconds(json_object_get(json, "throttled_most_seconds"));
    double held = seconds(json_object_get(json, "held_back_seconds"));
    double connecting = seconds(json_object_get(json, "connect_seconds"));
    return (struct generator){
        .threads = (unsigned)integer(json, "threads"),
        .cpu_limit = json_number_value(json_object_get(json, "cpu_limit")),
        .cpu_seconds = json_number_value(json_object_get(json, "cpu_seconds")),
        .wall_seconds = json_number_value(json_object_get(json, "wall_seconds")),
        .has_throttled = json_is_number(throttled),
        .throttled_seconds = seconds(throttled),
        .throttled_most_ns = (uint64_t)(most * (double)NS_PER_S),
        .has_stolen = json_is_number(stolen),
        .stolen_seconds = seconds(stolen),
        .has_scripts = json_is_number(scripts),
        .script_seconds = seconds(scripts),
        .other_attacks = other_attacks(json_object_get(json, "other_attacks")),
        .loop_p99_ns = integer(json, "loop_p99"),
        .loop_unread_ns = integer(json, "loop_unread"),
        .memory_bytes = integer(json, "memory"),
        .held_back_ns = (uint64_t)(held * (double)NS_PER_S),
        .connects = integer(json, "connects"),
        .connect_ns = (uint64_t)(connecting * (double)NS_PER_S),
        .local_ports = integer(json, "local_ports"),
        .time_wait = integer(json, "time_wait"),
    };
}

void generator_merge(struct generator *into, const struct generator *from)
{
    struct generator worst = generator_cpu_share(from) >= generator_cpu_share(into) ? *from : *into;
    worst.has_throttled = into->has_throttled || from->has_throttled;
    worst.throttled_seconds = fmax(into->throttled_seconds, from->throttled_seconds);
    worst.has_stolen = into->has_stolen || from->has_stolen;
    worst.stolen_seconds = fmax(into->stolen_seconds, from->stolen_seconds);
    worst.other_attacks =
        into->other_attacks > from->other_attacks ? into->other_attacks : from->other_attacks;
    worst.loop_p99_ns = most(into->loop_p99_ns, from->loop_p99_ns);
    bool is_later = generator_read_late_ns(from) > generator_read_late_ns(into);
    worst.loop_unread_ns = is_later ? from->loop_unread_ns : into->loop_unread_ns;
    worst.throttled_most_ns = is_later ? from->throttled_most_ns : into->throttled_most_ns;
    worst.memory_bytes = most(into->memory_bytes, from->memory_bytes);
    worst.held_back_ns = into->held_back_ns + from->held_back_ns;
    bool has_ports = generator_lacks_ports(from) || into->connects == 0;
    const struct generator *ports = has_ports ? from : into;
    worst.connects = ports->connects;
    worst.connect_ns = ports->connect_ns;
    worst.local_ports = ports->local_ports;
    worst.time_wait = ports->time_wait;
    *into = worst;
}

json_t *summary_worker_to_json(const struct summary_generator *worker)
{
    const struct summary_own *own = &worker->own;
    return json_pack("{s:s, s:I, s:I, s:I, s:s, s:o, s:O?}", "name", worker->name, "latency_p50",
                     (json_int_t)own->p50_ns, "latency_p99", (json_int_t)own->p99_ns, "lag_p99",
                     (json_int_t)own->lag_p99_ns, "differs", own->differs, "generator",
                     generator_to_json(&worker->generator), "environment", worker->environment);
}

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value ? value : "";
}

void summary_add_worker_from_json(struct summary *summary, const json_t *json)
{
    struct generator generator = generator_from_json(json_object_get(json, "generator"));
    json_t *environment = json_object_get(json, "environment");
    struct summary_generator *worker = summary_add_generator(
        summary, text(json, "name"), &generator, json_is_object(environment) ? environment : NULL);
    if (worker) {
        worker->is_worker = true;
        worker->own.p50_ns = integer(json, "latency_p50");
        worker->own.p99_ns = integer(json, "latency_p99");
        worker->own.lag_p99_ns = integer(json, "lag_p99");
        snprintf(worker->own.differs, sizeof worker->own.differs, "%s", text(json, "differs"));
        utf8_clean(worker->own.differs);
    }
}

static uint64_t difference(uint64_t then, uint64_t now)
{
    return now > then ? now - then : 0;
}

struct generator generator_since(const struct generator *then, const struct generator *now)
{
    struct generator since = *now;
    since.cpu_seconds = fmax(0, now->cpu_seconds - then->cpu_seconds);
    since.wall_seconds = fmax(0, now->wall_seconds - then->wall_seconds);
    since.throttled_seconds = fmax(0, now->throttled_seconds - then->throttled_seconds);
    since.stolen_seconds = fmax(0, now->stolen_seconds - then->stolen_seconds);
    since.script_seconds = fmax(0, now->script_seconds - then->script_seconds);
    since.held_back_ns = difference(then->held_back_ns, now->held_back_ns);
    since.connects = difference(then->connects, now->connects);
    since.connect_ns = difference(then->connect_ns, now->connect_ns);
    return since;
}
