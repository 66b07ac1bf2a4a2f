#include "loadgen/command/search/search_show.h"

#include <stdio.h>

#include "common/clock.h"
#include "common/plural.h"
#include "common/slice.h"
#include "loadgen/base/json/json_bytes.h"
#include "loadgen/capacity/capacity_report.h"
#include "loadgen/capacity/trial/trial_record.h"

enum { TEXT = 256, VOTES = 100 };

static json_t *text_of(const char *text)
{
    return text ? json_clean(slice_of(text)) : json_null();
}

static json_t *rate_or_null(double rate)
{
    return rate > 0 ? json_real(rate) : json_null();
}

static void set(json_t *json, const char *key, json_t *value)
{
    json_object_set_new(json, key, value);
}

/* Trials. */

static json_t *p99_of(const json_t *record)
{
    const json_t *ns = json_object_get(json_object_get(record, "latencies"), "99th");
    bool is_answered = json_integer_value(json_object_get(record, "answered")) > 0;
    return is_answered && json_is_number(ns) ? json_real(json_number_value(ns) / (double)NS_PER_MS)
                                             : json_null();
}

static json_t *trial_to_json(const struct trial *trial, const json_t *record)
{
    json_t *json = json_object();
    const char *reason = json_string_value(json_object_get(record, "reason"));
    set(json, "rate", json_real(trial->rate));
    set(json, "seconds", json_real((double)trial->duration_ns / (double)NS_PER_S));
    set(json, "outcome", json_string(trial_outcome_names[trial->outcome]));
    set(json, "why", text_of(reason ? reason : ""));
    set(json, "p99_ms", p99_of(record));
    return json;
}

static json_t *trials_to_json(const struct capacity_search *search)
{
    json_t *list = json_array();
    for (size_t i = 0; i < search->count; i++) {
        json_array_append_new(
            list, trial_to_json(&search->trials[i], json_array_get(search->records, i)));
    }
    return list;
}

/* The result. */

/* "at 471.3/s, 3 of 3 trials met the SLO"; "" without a trial at that rate. */
static const char *print_votes(const struct capacity_search *search, double rate, char text[VOTES])
{
    size_t all = 0;
    size_t good = 0;
    for (size_t i = 0; i < search->count; i++) {
        bool is_there = search->trials[i].rate == rate;
        all += is_there;
        good += is_there && search->trials[i].outcome == TRIAL_GOOD;
    }
    snprintf(text, VOTES, "at %g/s, %zu of %zu %s met the SLO", rate, good, all,
             plural(all, "trial", "trials"));
    return all > 0 ? text : "";
}

/* The trials at the two rates that decide the result. */
static json_t *confidence_of(const struct capacity_search *search)
{
    char low[VOTES], high[VOTES], text[TEXT];
    const char *below = print_votes(search, search->move.good_rate, low);
    const char *above = print_votes(search, search->move.bad_rate, high);
    snprintf(text, sizeof text, "%s%s%s", below, *below && *above ? "; " : "", above);
    return *text ? text_of(text) : json_null();
}

/* A stopped search reports its results so far. */
static const char *print_stopped(const struct search_move *move, char text[TEXT])
{
    static const char stopped[] = "the search was stopped";
    double good = move->good_rate;
    double bad = move->bad_rate;
    if (good > 0 && bad > 0) {
        snprintf(text, TEXT, "%s: so far, %g/s meets the SLO, %g/s does not", stopped, good, bad);
    } else if (good > 0) {
        snprintf(text, TEXT, "%s: so far, %g/s meets the SLO", stopped, good);
    } else if (bad > 0) {
        snprintf(text, TEXT, "%s: so far, %g/s does not meet the SLO", stopped, bad);
    } else {
        snprintf(text, TEXT, "%s before the first result", stopped);
    }
    return text;
}

static json_t *result_to_json(const struct capacity_search *search)
{
    char sentence[CAPACITY_SENTENCE], stopped[TEXT];
    const struct search_move *move = &search->move;
    bool is_capacity = move->is_done && move->verdict == SEARCH_FOUND;
    json_t *json = json_object();
    set(json, "capacity", rate_or_null(is_capacity ? move->good_rate : 0));
    set(json, "low", rate_or_null(move->good_rate));
    set(json, "high", rate_or_null(move->bad_rate));
    set(json, "text",
        text_of(move->is_done ? capacity_sentence(search, sentence)
                              : print_stopped(move, stopped)));
    set(json, "confidence", confidence_of(search));
    return json;
}

static const char *name_phase(const struct capacity_search *search, enum search_stage stage)
{
    switch (stage) {
    case SEARCH_WARMS_UP:
        return "warming up";
    case SEARCH_ENDED:
    case SEARCH_FAILED:
        return "done";
    default:
        return search->move.step == SEARCH_VERIFY ? "verifying" : "searching";
    }
}

json_t *search_show(const struct capacity_search *search, enum search_stage stage)
{
    static const struct capacity_search none = {0};
    const struct capacity_search *shown = search ? search : &none;
    bool is_in_trial = stage == SEARCH_IN_TRIAL;
    json_t *json = json_object();
    set(json, "phase", json_string(name_phase(shown, stage)));
    set(json, "rate", rate_or_null(is_in_trial ? shown->move.rate : 0));
    set(json, "lower", rate_or_null(shown->move.good_rate));
    set(json, "upper", rate_or_null(shown->move.bad_rate));
    set(json, "trials", trials_to_json(shown));
    set(json, "result", stage == SEARCH_ENDED ? result_to_json(shown) : json_null());
    return json;
}
