#include "loadgen/plot/capacity/words.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "common/plural.h"
#include "loadgen/base/duration.h"
#include "loadgen/plot/capacity/result.h"
#include "loadgen/plot/facts.h"
#include "loadgen/plot/html.h"

enum { RATE_TEXT = 32 };

/* 471.3, 12,345. */
static const char *print_rate(double rate, char text[RATE_TEXT])
{
    if (rate >= 10000 && rate < 1e15) {
        return facts_print_count((uint64_t)llround(rate), text);
    }
    snprintf(text, RATE_TEXT, "%.4g", rate);
    return text;
}

static const char *print_seconds(double seconds, char text[DURATION_TEXT])
{
    bool is_sane = seconds >= 0 && seconds < 1e9;
    return duration_print(is_sane ? (uint64_t)llround(seconds) * NS_PER_S : 0, text);
}

static const json_t *trials_of(const json_t *result)
{
    return json_object_get(result, "trials");
}

static const json_t *trial_at(const json_t *result, int index)
{
    return index >= 0 ? json_array_get(trials_of(result), (size_t)index) : NULL;
}

static bool is_verdict(const json_t *result, const char *name)
{
    return strcmp(capacity_text(result, "verdict"), name) == 0;
}

void capacity_words_title(const json_t *result, FILE *out)
{
    const json_t *addresses = json_object_get(json_array_get(trials_of(result), 0), "addresses");
    const char *first = json_string_value(json_array_get(addresses, 0));
    size_t others = json_array_size(addresses) > 1 ? json_array_size(addresses) - 1 : 0;
    html_print(out, "Capacity of %s", first ? first : "a target");
    if (others > 0) {
        html_print(out, " and %zu %s", others, plural(others, "other", "others"));
    }
}

void capacity_words_kicker(const json_t *result, FILE *out)
{
    enum { DATE = 10, MINUTES = 5 }; /* of 2026-11-30T10:00:00Z */
    const char *start = capacity_text(json_array_get(trials_of(result), 0), "start");
    capacity_words_title(result, out);
    if (strlen(start) > DATE + MINUTES) {
        html_print(out, ", measured on %.*s at %.*s UTC", DATE, start, MINUTES, start + DATE + 1);
    }
}

void capacity_words_class(const json_t *result, FILE *out)
{
    bool is_found = is_verdict(result, "found") || is_verdict(result, "above-maximum");
    fputs(is_found ? "clean" : is_verdict(result, "out-of-time") ? "unknown" : "limit", out);
}

void capacity_words_answer(const json_t *result, FILE *out)
{
    char rate[RATE_TEXT];
    double good = capacity_bound(result, "rate");
    double bad = capacity_bound(result, "upper");
    if (is_verdict(result, "found")) {
        html_print(out, "The target sustains %s requests per second.", print_rate(good, rate));
    } else if (is_verdict(result, "below-minimum")) {
        html_print(out, "The target does not sustain %s requests per second.",
                   print_rate(bad, rate));
    } else if (good > 0) {
        html_print(out, "The target sustains at least %s requests per second.",
                   print_rate(good, rate));
    } else {
        fputs("The capacity was not found.", out);
    }
}

/* "p99<100ms" as "99% of the requests within 100ms", "errors<1%" as "errors below 1%", "errors<=1%"
   as "errors of at most 1%"; others as they are. */
static void write_criterion(const json_t *criterion, FILE *out)
{
    const char *text = capacity_text(criterion, "criterion");
    size_t name = strcspn(text, "<");
    const char *limit = text + name + strspn(text + name, "<= ");
    bool has_limit = *limit != '\0' && !json_is_string(json_object_get(criterion, "target"));
    if (has_limit && text[0] == 'p' && isdigit((unsigned char)text[1])) {
        html_print(out, "%.*s%% of the requests within %s", (int)name - 1, text + 1, limit);
    } else if (has_limit && strncmp(text, "errors", name) == 0) {
        html_print(out, "errors %s %s", strchr(text, '=') ? "of at most" : "below", limit);
    } else {
        html_print(out, "%s", text);
    }
}

void capacity_words_lead(const json_t *result, FILE *out)
{
    const json_t *slo = json_object_get(json_array_get(trials_of(result), 0), "slo");
    size_t i;
    json_t *criterion;
    fputs("A rate is sustained if the SLO is met at that rate: ", out);
    json_array_foreach(slo, i, criterion)
    {
        fputs(i == 0 ? "" : i + 1 < json_array_size(slo) ? ", " : " and ", out);
        write_criterion(criterion, out);
    }
    if (json_array_size(slo) == 0) {
        html_write(out, capacity_text(json_object_get(result, "settings"), "slo"));
    }
    html_print(out, ". Result: %s.", capacity_text(result, "sentence"));
}

static double time_of(const json_t *result)
{
    double sum = 0;
    size_t i;
    json_t *trial;
    json_array_foreach(trials_of(result), i, trial)
    {
        sum += capacity_number(trial, "took_seconds");
    }
    return sum;
}

/* "at 471.3/s, 3 of 3 trials met the SLO" */
static void write_votes(const json_t *result, double rate, FILE *out)
{
    char text[RATE_TEXT];
    unsigned search = capacity_find_search(result);
    size_t all = capacity_count_trials(result, search, rate, NULL);
    size_t good = capacity_count_trials(result, search, rate, "good");
    html_print(out, "at %s/s, %zu of %zu %s met the SLO", print_rate(rate, text), good, all,
               plural(all, "trial", "trials"));
}

static void write_repeats(const json_t *result, FILE *out)
{
    const json_t *repeat = json_object_get(result, "repeat");
    char min[RATE_TEXT], max[RATE_TEXT];
    if (repeat) {
        html_print(out,
                   " The result is the median of %zu searches, which found %s/s to %s/s "
                   "(coefficient of variation %.1f%%).",
                   json_array_size(json_object_get(result, "searches")),
                   print_rate(capacity_number(repeat, "min"), min),
                   print_rate(capacity_number(repeat, "max"), max),
                   100 * capacity_number(repeat, "variation"));
    }
}

static void write_interval(const json_t *result, FILE *out)
{
    double width = 100 * capacity_number(json_object_get(result, "settings"), "width");
    fputs("By majority of trial time: ", out);
    write_votes(result, capacity_bound(result, "rate"), out);
    fputs("; ", out);
    write_votes(result, capacity_bound(result, "upper"), out);
    fputs(".", out);
    if (json_object_get(result, "repeat")) {
        write_repeats(result, out);
    } else {
        html_print(out, " Another search should find the same capacity within %g%%.", width);
    }
}

void capacity_words_confidence(const json_t *result, FILE *out)
{
    if (is_verdict(result, "found")) {
        write_interval(result, out);
    } else if (is_verdict(result, "above-maximum")) {
        fputs("By majority of trial time: ", out);
        write_votes(result, capacity_bound(result, "rate"), out);
        fputs(". No higher rate was allowed (-max-rate): the capacity may be higher.", out);
        write_repeats(result, out);
    } else if (is_verdict(result, "below-minimum")) {
        fputs("By majority of trial time: ", out);
        write_votes(result, capacity_bound(result, "upper"), out);
        fputs(". No lower rate was allowed (-min-rate): the capacity is lower.", out);
    } else if (is_verdict(result, "generator-limited")) {
        fputs("This is only a lower bound: the target could not be measured at higher rates.", out);
        write_repeats(result, out);
    } else {
        fputs("The search stopped before it was complete: at its time limit (-time-limit), or "
              "after the maximum number of trials.",
              out);
    }
}

/* Why a trial was not good. */
static void write_reason(const json_t *trial, FILE *out)
{
    const char *reason = capacity_text(trial, "reason");
    bool has_stop = reason[0] && reason[strlen(reason) - 1] == '.';
    html_print(out, "%s%s", reason, has_stop ? "" : ".");
}

/* The trial at the highest rate of the result's search. NULL: none. */
static const json_t *find_highest(const json_t *result)
{
    unsigned search = capacity_find_search(result);
    const json_t *highest = NULL;
    size_t i;
    json_t *trial;
    json_array_foreach(trials_of(result), i, trial)
    {
        bool is_of_search = search == 0 || capacity_count(trial, "search") == search;
        if (is_of_search &&
            (!highest || capacity_number(trial, "rate") > capacity_number(highest, "rate"))) {
            highest = trial;
        }
    }
    return highest;
}

static const char *print_p99(const json_t *trial, char text[DURATION_TEXT])
{
    return duration_print_short(capacity_count(json_object_get(trial, "latencies"), "99th"), text);
}

void capacity_words_above(const json_t *result, FILE *out)
{
    const json_t *above = trial_at(result, capacity_choose_trials(result).above);
    const json_t *highest = find_highest(result);
    char rate[RATE_TEXT], span[DURATION_TEXT];
    if (!above) {
        fputs("No higher rate was tried.", out);
        return;
    }
    html_print(out, "At %s/s, ", print_rate(capacity_number(above, "rate"), rate));
    if (capacity_number(highest, "rate") > capacity_number(above, "rate")) {
        html_print(out, "the 99th percentile was %s. At %s/s, ", print_p99(above, span),
                   print_rate(capacity_number(highest, "rate"), rate));
    }
    html_print(out, "the highest rate tried, the 99th percentile was %s, and ",
               print_p99(highest, span));
    html_print(out, "the target answered %s requests per second successfully.",
               print_rate(capacity_number(highest, "throughput"), rate));
}

/* The generator of the result's search; its trusted rate was measured or given. NULL: unknown. */
static const json_t *generator_of(const json_t *result)
{
    unsigned search = capacity_find_search(result);
    const json_t *searches = json_object_get(result, "searches");
    return json_object_get(json_array_get(searches, search > 0 ? search - 1 : 0), "generator");
}

static void write_trust(const json_t *result, FILE *out)
{
    char rate[RATE_TEXT];
    double trusted = capacity_number(generator_of(result), "rate");
    fputs("The generator, not the target", out);
    if (trusted > 0) {
        html_print(out, ": it can be trusted only up to %s/s", print_rate(trusted, rate));
    }
    fputs(". Give it more CPU.", out);
}

void capacity_words_limit(const json_t *result, FILE *out)
{
    struct capacity_trials chosen = capacity_choose_trials(result);
    const json_t *above = trial_at(result, chosen.above);
    bool is_generator = is_verdict(result, "generator-limited");
    char rate[RATE_TEXT];
    if (above) {
        html_print(out,
                   is_generator ? "The generator, not the target. At %s/s: "
                                : "The target. At %s/s, it did not meet the SLO: ",
                   print_rate(capacity_number(above, "rate"), rate));
        write_reason(above, out);
    } else if (is_generator) {
        write_trust(result, out);
    } else {
        fputs(is_verdict(result, "out-of-time") ? "Not known: the search stopped too early."
                                                : "Nothing: no rate missed the SLO.",
              out);
    }
}

void capacity_words_generator(const json_t *result, FILE *out)
{
    struct capacity_trials chosen = capacity_choose_trials(result);
    const json_t *trial = trial_at(result, chosen.capacity >= 0 ? chosen.capacity : chosen.above);
    const char *why = capacity_text(json_object_get(trial, "generator"), "why");
    html_write(out, why[0] ? why : "Not known.");
}

/* A line can break after each criterion. */
static void write_slo(const json_t *settings, FILE *out)
{
    fputs("<div class=\"wide\"><dt>SLO</dt><dd>", out);
    for (const char *at = capacity_text(settings, "slo"); *at;) {
        size_t length = strcspn(at, ",");
        length += at[length] == ',';
        html_print(out, "%.*s", (int)length, at);
        fputs("<wbr>", out);
        at += length;
    }
    fputs("</dd></div>\n", out);
}

void capacity_words_figures(const json_t *result, FILE *out)
{
    const json_t *settings = json_object_get(result, "settings");
    char time[DURATION_TEXT];
    size_t trials = json_array_size(trials_of(result));
    write_slo(settings, out);
    facts_write(out, "Arrivals", "%s", capacity_text(settings, "arrival"));
    facts_write(out, "Trials", "%zu", trials);
    facts_write(out, "Time", "%s", print_seconds(time_of(result), time));
}

static void write_cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    html_write(out, text);
    fputs("</td>", out);
}

static void write_rate_cell(FILE *out, double rate)
{
    char text[RATE_TEXT];
    write_cell(out, rate > 0 ? print_rate(rate, text) : "none");
}

void capacity_words_searches(const json_t *result, FILE *out)
{
    size_t i;
    json_t *search;
    json_array_foreach(json_object_get(result, "searches"), i, search)
    {
        char count[FACTS_TEXT];
        fprintf(out, "<tr><th scope=\"row\">%zu</th>", i + 1);
        write_rate_cell(out, capacity_bound(search, "rate"));
        write_rate_cell(out, capacity_bound(search, "upper"));
        write_cell(out, facts_print_count(capacity_count(search, "trials"), count));
        write_cell(out, capacity_text(search, "verdict"));
        fputs("</tr>\n", out);
    }
}

/* A mark for each trial, up to MARKS_MAX, and their number. */
static void write_marks(FILE *out, const char *class, const char *mark, size_t count)
{
    enum { MARKS_MAX = 10 };
    fprintf(out, "<td class=\"%s\">", class);
    for (size_t i = 0; i < count && i < MARKS_MAX; i++) {
        fputs(mark, out);
    }
    if (count > 0) {
        fprintf(out, " %zu", count);
    }
    fputs("</td>", out);
}

/* The lowest rate of a trial above `rate`; 0: there is none. */
static double find_next_rate(const json_t *result, double rate)
{
    double next = 0;
    size_t i;
    json_t *trial;
    json_array_foreach(trials_of(result), i, trial)
    {
        double other = capacity_number(trial, "rate");
        next = other > rate && (next == 0 || other < next) ? other : next;
    }
    return next;
}

void capacity_words_rates(const json_t *result, FILE *out)
{
    char text[RATE_TEXT];
    double capacity = capacity_bound(result, "rate");
    for (double rate = 0; (rate = find_next_rate(result, rate)) > 0;) {
        fprintf(out, "<tr%s><th scope=\"row\">%s</th>",
                rate == capacity ? " class=\"capacity\"" : "", print_rate(rate, text));
        write_marks(out, "good", "●", capacity_count_trials(result, 0, rate, "good"));
        write_marks(out, "bad", "×", capacity_count_trials(result, 0, rate, "bad"));
        write_marks(out, "invalid", "▲", capacity_count_trials(result, 0, rate, "invalid"));
        fputs("</tr>\n", out);
    }
}

static void write_time_cell(FILE *out, const json_t *timing, const char *key)
{
    char text[DURATION_TEXT];
    write_cell(out, duration_print_short(capacity_count(timing, key), text));
}

static void write_trial(const json_t *trial, size_t number, FILE *out)
{
    char text[DURATION_TEXT];
    const json_t *latencies = json_object_get(trial, "latencies");
    fprintf(out, "<tr><th scope=\"row\">%zu</th>", number);
    write_rate_cell(out, capacity_number(trial, "rate"));
    write_cell(out, print_seconds(capacity_number(trial, "duration_seconds"), text));
    write_cell(out, capacity_text(trial, "step"));
    write_cell(out, capacity_text(trial, "outcome"));
    write_time_cell(out, latencies, "50th");
    write_time_cell(out, latencies, "99th");
    write_time_cell(out, latencies, "max");
    fputs("<td class=\"text\">", out);
    html_write(out, capacity_text(trial, "reason"));
    fputs("</td></tr>\n", out);
}

void capacity_words_trials(const json_t *result, FILE *out)
{
    size_t i;
    json_t *trial;
    json_array_foreach(trials_of(result), i, trial)
    {
        write_trial(trial, i + 1, out);
    }
}

/* Unless it is unknown. */
static void write_text_fact(FILE *out, const char *name, const json_t *json, const char *key)
{
    if (capacity_text(json, key)[0]) {
        facts_write(out, name, "%s", capacity_text(json, key));
    }
}

static void write_machine(const json_t *environment, FILE *out)
{
    double cpus = capacity_number(environment, "cpu_limit");
    uint64_t memory = capacity_count(environment, "memory_limit");
    char files[FACTS_TEXT], ports[FACTS_TEXT];
    facts_write(out, "CPU", "%.3g of %" JSON_INTEGER_FORMAT " cores, %s", cpus,
                (json_int_t)capacity_count(environment, "cores"),
                capacity_text(environment, "cpu_model"));
    if (memory > 0) {
        facts_write(out, "Memory", "at most %.0f MiB", (double)memory / (1024 * 1024));
    }
    write_text_fact(out, "Kernel", environment, "kernel");
    if (capacity_text(environment, "clock")[0]) {
        facts_write(out, "Clock", "%s, %" JSON_INTEGER_FORMAT "ns per reading",
                    capacity_text(environment, "clock"),
                    (json_int_t)capacity_count(environment, "clock_read_ns"));
    }
    facts_write(out, "Limits", "%s open files, %s local ports",
                facts_print_count(capacity_count(environment, "open_files"), files),
                facts_print_count(capacity_count(environment, "local_ports"), ports));
    if (json_is_number(json_object_get(environment, "load_average"))) {
        facts_write(out, "Load before", "%.2f", capacity_number(environment, "load_average"));
    }
    write_text_fact(out, "Pod", environment, "pod");
    write_text_fact(out, "Node", environment, "node");
    write_text_fact(out, "Namespace", environment, "namespace");
}

/* Over all trials; nothing if no trial knows it. */
static void write_lost(FILE *out, const char *name, const json_t *result, const char *key,
                       const char *bound)
{
    char text[DURATION_TEXT];
    double sum_s = 0;
    bool is_known = false;
    size_t i;
    json_t *trial;
    json_array_foreach(trials_of(result), i, trial)
    {
        const json_t *generator = json_object_get(trial, "generator");
        is_known = is_known || json_is_number(json_object_get(generator, key));
        sum_s += fmin(fmax(capacity_number(generator, key), 0), 1e9);
    }
    if (is_known) {
        facts_write(out, name, "%s%s over all trials", sum_s > 0 ? bound : "",
                    duration_print_short((uint64_t)(fmin(sum_s, 1e9) * NS_PER_S), text));
    }
}

void capacity_words_environment(const json_t *result, FILE *out)
{
    const json_t *environment = json_object_get(result, "environment");
    const json_t *settings = json_object_get(result, "settings");
    write_text_fact(out, "Started", json_array_get(trials_of(result), 0), "start");
    facts_write(out, "Arrivals", "%s, seed %" JSON_INTEGER_FORMAT,
                capacity_text(settings, "arrival"), (json_int_t)capacity_count(settings, "seed"));
    facts_write(out, "Trials", "at least %gs and %" JSON_INTEGER_FORMAT " requests each",
                capacity_number(settings, "trial_seconds"),
                (json_int_t)capacity_count(settings, "requests"));
    write_machine(environment, out);
    write_lost(out, "Throttled", result, "throttled_seconds", "at least ");
    write_lost(out, "Stolen", result, "stolen_seconds", "");
    const json_t *same_node = json_object_get(result, "same_node");
    if (json_is_boolean(same_node)) {
        facts_write(out, "Target's node", "%s",
                    json_is_true(same_node) ? "the generator's: both compete for its CPU"
                                            : "not the generator's");
    }
    facts_write(out, "loadgen", "%s, commit %s", capacity_text(environment, "version"),
                capacity_text(environment, "commit"));
}
