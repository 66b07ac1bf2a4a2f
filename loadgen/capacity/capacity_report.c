#include "loadgen/capacity/capacity_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"
#include "loadgen/capacity/trial/same_node.h"
#include "loadgen/capacity/trial/trial_record.h"
#include "loadgen/report/target_remarks.h"
#include "loadgen/report/text/text.h"
#include "loadgen/scrape/account.h"

enum { PERCENTILE = 24, PERCENTILES_TEXT = 512 }; /* width of their column */

static double rate_of(const struct capacity_search *search)
{
    return search->move.good_rate;
}

/* The rank of a search by rate; searches with equal rates rank in their order. */
static size_t rank_of(const struct capacity_searches *searches, size_t index)
{
    size_t rank = 0;
    double rate = rate_of(&searches->list[index]);
    for (size_t i = 0; i < searches->count; i++) {
        double other = rate_of(&searches->list[i]);
        rank += other < rate || (other == rate && i < index);
    }
    return rank;
}

static const struct capacity_search *at_rank(const struct capacity_searches *searches, size_t rank)
{
    size_t i = 0;
    while (rank_of(searches, i) != rank) {
        i++;
    }
    return &searches->list[i];
}

const struct capacity_search *capacity_find_median(const struct capacity_searches *searches)
{
    return at_rank(searches, (searches->count - 1) / 2);
}

struct capacity_spread capacity_find_spread(const struct capacity_searches *searches)
{
    size_t count = searches->count;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += rate_of(&searches->list[i]);
    }
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        squares += pow(rate_of(&searches->list[i]) - mean, 2);
    }
    double deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    return (struct capacity_spread){
        .median =
            (rate_of(at_rank(searches, (count - 1) / 2)) + rate_of(at_rank(searches, count / 2))) /
            2,
        .min = rate_of(at_rank(searches, 0)),
        .max = rate_of(at_rank(searches, count - 1)),
        .variation = mean > 0 ? deviation / mean : 0,
    };
}

/* Why a search stopped before it was complete. */
static const char *print_stop(const struct capacity_search *search, char text[64])
{
    if (search->count < SEARCH_TRIALS_MAX) {
        return "the time limit was reached";
    }
    snprintf(text, 64, "the search reached its limit of %d trials", SEARCH_TRIALS_MAX);
    return text;
}

const char *capacity_sentence(const struct capacity_search *search, char text[CAPACITY_SENTENCE])
{
    double good = search->move.good_rate, bad = search->move.bad_rate;
    char least[64];
    char stop[64];
    snprintf(least, sizeof least,
             good > 0 ? "the target sustains at least %g/s" : "no rate met the SLO", good);
    switch (search->move.verdict) {
    case SEARCH_FOUND:
        snprintf(text, CAPACITY_SENTENCE, "%g/s meets the SLO, %g/s does not", good, bad);
        break;
    case SEARCH_ABOVE_MAXIMUM:
        snprintf(text, CAPACITY_SENTENCE, "%g/s, the maximum, meets the SLO", good);
        break;
    case SEARCH_BELOW_MINIMUM:
        snprintf(text, CAPACITY_SENTENCE, "%g/s, the minimum, does not meet the SLO", bad);
        break;
    case SEARCH_GENERATOR_LIMITED:
        snprintf(text, CAPACITY_SENTENCE, "the generator is the limit: %s", least);
        break;
    case SEARCH_OUT_OF_TIME:
        snprintf(text, CAPACITY_SENTENCE, bad > 0 ? "%s: %s; %g/s was too high" : "%s: %s",
                 print_stop(search, stop), least, bad);
        break;
    }
    return text;
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static uint64_t number_of(const json_t *json, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(json, key));
}

static const char *print_seconds(const json_t *json, const char *key, char text[DURATION_TEXT])
{
    double seconds = json_number_value(json_object_get(json, key));
    return duration_print((uint64_t)(seconds * NS_PER_S), text);
}

/* An end of a confidence interval; null if the request at that rank was not answered. */
static const char *print_end(const json_t *end, char text[DURATION_TEXT])
{
    return json_is_integer(end) ? duration_print_short((uint64_t)json_integer_value(end), text)
                                : "no response";
}

static void print_interval(const json_t *interval, char *text, size_t size)
{
    char from[DURATION_TEXT], to[DURATION_TEXT];
    const char *criterion = text_of(interval, "criterion");
    bool has_start = json_is_integer(json_object_get(interval, "from"));
    snprintf(text, size, "%.*s %s%s%s", (int)strcspn(criterion, "<= "), criterion,
             print_end(json_object_get(interval, "from"), from), has_start ? " to " : "",
             has_start ? print_end(json_object_get(interval, "to"), to) : "");
}

/* "p50 20ms to 21ms, p99 91.2ms to 97ms", of the SLO's percentiles; else the 99th percentile. */
static void print_percentiles(const json_t *record, char text[PERCENTILES_TEXT])
{
    char p99[DURATION_TEXT];
    size_t i;
    json_t *interval;
    text[0] = '\0';
    json_array_foreach(json_object_get(record, "intervals"), i, interval)
    {
        size_t used = strlen(text);
        snprintf(text + used, PERCENTILES_TEXT - used, "%s", i > 0 ? ", " : "");
        used = strlen(text);
        print_interval(interval, text + used, PERCENTILES_TEXT - used);
    }
    if (text[0] == '\0') {
        const json_t *latencies = json_object_get(record, "latencies");
        snprintf(text, PERCENTILES_TEXT, "p99 %s",
                 duration_print_short(number_of(latencies, "99th"), p99));
    }
}

void capacity_print_trial(const json_t *record, size_t number, FILE *out)
{
    char rate[32], length[DURATION_TEXT], percentiles[PERCENTILES_TEXT];
    snprintf(rate, sizeof rate, "%g/s", json_number_value(json_object_get(record, "rate")));
    print_percentiles(record, percentiles);
    const char *reason = text_of(record, "reason");
    fprintf(out, "%3zu  %10s  %4s  %-7s  %-7s  %-*s%s%s\n", number, rate,
            print_seconds(record, "duration_seconds", length), text_of(record, "step"),
            text_of(record, "outcome"), reason[0] ? PERCENTILE : 0, percentiles,
            reason[0] ? "  " : "", reason);
}

static uint64_t time_of(const struct capacity_search *search)
{
    uint64_t sum_ns = 0;
    for (size_t i = 0; i < search->count; i++) {
        sum_ns += search->trials[i].took_ns;
    }
    return sum_ns;
}

/* The last good trial at the capacity, or else the last trial; NULL: there is none. */
static const json_t *find_trial(const struct capacity_search *search)
{
    for (size_t i = search->count; i-- > 0;) {
        if (search->trials[i].outcome == TRIAL_GOOD &&
            search->trials[i].rate == search->move.good_rate) {
            return json_array_get(search->records, i);
        }
    }
    return json_array_get(search->records, json_array_size(search->records) - 1);
}

/* "Trusted up to 8900/s: at that rate, the generator uses 80% of 0.1 CPUs, 9.1µs per request" */
static void write_trusted(const struct capacity_search *search, FILE *out)
{
    char cost[DURATION_TEXT];
    const json_t *generator = search->generator;
    if (!generator) {
        return;
    }
    double cpus = json_number_value(json_object_get(generator, "cpus"));
    fprintf(out, "Trusted up to %g/s", search->options.generator_rate);
    if (json_object_get(generator, "steps")) {
        fprintf(out, ": at that rate, the generator uses %.0f%% of %.2g %s, %s per request",
                100 * json_number_value(json_object_get(generator, "utilisation")), cpus,
                cpus == 1 ? "CPU" : "CPUs",
                duration_print_short(number_of(generator, "cpu_per_request"), cost));
    }
    fputc('\n', out);
}

static void write_search(const struct capacity_search *search, FILE *out)
{
    char sentence[CAPACITY_SENTENCE], time[DURATION_TEXT];
    fprintf(out, "Capacity      %s\n", capacity_sentence(search, sentence));
    fprintf(out, "Search        %s after %zu trials and %s\n",
            search_verdict_names[search->move.verdict], search->count,
            duration_print(time_of(search) / NS_PER_S * NS_PER_S, time));
}

static void write_trials(const struct capacity_search *search, FILE *out)
{
    size_t i;
    json_t *record;
    fputs("\nTrials        [rate, length, step, outcome, latency, reason]\n", out);
    json_array_foreach(search->records, i, record)
    {
        capacity_print_trial(record, i + 1, out);
    }
}

static void write_spread(const struct capacity_searches *searches, FILE *out)
{
    struct capacity_spread spread = capacity_find_spread(searches);
    char sentence[CAPACITY_SENTENCE];
    fprintf(out,
            "Repeated      %zu searches: median %g/s, from %g/s to %g/s, coefficient of variation "
            "%.1f%%\n",
            searches->count, spread.median, spread.min, spread.max, 100 * spread.variation);
    for (size_t i = 0; i < searches->count; i++) {
        fprintf(out, "  search %zu    %s\n", i + 1,
                capacity_sentence(&searches->list[i], sentence));
    }
}

/*
 * From all trials, because the search may have overloaded the target long before it found the
 * capacity.
 */
static void write_remarks(const struct capacity_searches *searches, FILE *out)
{
    for (size_t i = 0; i < searches->count; i++) {
        json_t *list = target_remarks_collect(searches->list[i].records);
        size_t k;
        json_t *remark;
        json_array_foreach(list, k, remark)
        {
            char where[TARGET_REMARKS_WHERE];
            fprintf(out, "! %s (", text_of(remark, "text"));
            if (searches->count > 1) {
                fprintf(out, "search %zu, ", i + 1);
            }
            fprintf(out, "%s)\n", target_remarks_where(remark, where));
        }
        json_decref(list);
    }
}

static void write_same_node(const struct capacity_searches *searches, FILE *out)
{
    const struct capacity_search *median = capacity_find_median(searches);
    if (json_is_true(same_node_find(searches->environment, median->records))) {
        const char *node = text_of(searches->environment, "node");
        fprintf(out, "! Generator and target are on the same node%s%s, and compete for its CPU.\n",
                node[0] ? ", " : "", node);
    }
}

/* Those of the trial whose generator is shown. */
static void write_workers(const json_t *trial, FILE *out)
{
    size_t i;
    json_t *worker;
    json_array_foreach(json_object_get(trial, "workers"), i, worker)
    {
        fprintf(out, "%s%s", i == 0 ? "Workers       " : ", ", text_of(worker, "name"));
    }
    if (i > 0) {
        fputc('\n', out);
    }
}

bool capacity_write_text(const struct capacity_searches *searches, FILE *out)
{
    const struct capacity_search *median = capacity_find_median(searches);
    const json_t *settings = searches->settings;
    const json_t *trial = find_trial(median);
    const json_t *generator = json_object_get(trial, "generator");
    const json_t *target = json_object_get(trial, "target");
    const json_t *scenario = json_object_get(searches->plan, "scenario");
    write_search(median, out);
    if (searches->count > 1) {
        write_spread(searches, out);
    }
    fprintf(out, "SLO           %s\n", text_of(settings, "slo"));
    if (json_is_object(scenario)) {
        fprintf(out, "Rates         iterations per second of %s, %" PRIu64 " users\n",
                text_of(scenario, "file"), number_of(scenario, "users"));
    }
    fprintf(out, "Arrivals      %s; search width %g%%\n", text_of(settings, "arrival"),
            100 * median->options.width);
    if (generator) {
        fprintf(out, "Generator     %s\n", text_of(generator, "why"));
    }
    write_workers(trial, out);
    write_trusted(median, out);
    if (target) {
        account_print(target, out);
    }
    write_remarks(searches, out);
    text_write_environment(searches->environment, out);
    write_same_node(searches, out);
    for (size_t i = 0; i < searches->count; i++) {
        write_trials(&searches->list[i], out);
    }
    return fflush(out) == 0 && !ferror(out);
}
