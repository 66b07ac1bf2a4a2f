#include "loadgen/capacity/capacity_report.h"
#include "loadgen/capacity/trial/same_node.h"
#include "loadgen/report/json/json_parts.h"

enum { DIGITS = 15 };

static json_t *rate_to_json(double rate)
{
    return rate > 0 ? json_real(rate) : json_null();
}

static json_t *capacity_to_json(const struct capacity_search *search)
{
    return json_pack("{s:o, s:o}", "rate", rate_to_json(search->move.good_rate), "upper",
                     rate_to_json(search->move.bad_rate));
}

static json_t *search_to_json(const struct capacity_search *search)
{
    return json_pack("{s:s, s:o, s:o, s:O?, s:o}", "verdict",
                     search_verdict_names[search->move.verdict], "capacity",
                     capacity_to_json(search), "first_rate",
                     rate_to_json(search->options.first_rate), "generator", search->generator,
                     "trials", integer_to_json(search->count));
}

/* The trials of all searches, in the order in which they were run. */
static json_t *trials_to_json(const struct capacity_searches *searches)
{
    json_t *list = json_array();
    for (size_t i = 0; i < searches->count; i++) {
        size_t k;
        json_t *record;
        json_array_foreach(searches->list[i].records, k, record)
        {
            json_array_append(list, record);
        }
    }
    return list;
}

static json_t *spread_to_json(const struct capacity_searches *searches)
{
    struct capacity_spread spread = capacity_find_spread(searches);
    return json_pack("{s:f, s:f, s:f, s:f}", "median", spread.median, "min", spread.min, "max",
                     spread.max, "variation", spread.variation);
}

json_t *capacity_make_json(const struct capacity_searches *searches)
{
    const struct capacity_search *median = capacity_find_median(searches);
    char sentence[CAPACITY_SENTENCE];
    json_t *trials = trials_to_json(searches);
    json_t *list = json_array();
    for (size_t i = 0; i < searches->count; i++) {
        json_array_append_new(list, search_to_json(&searches->list[i]));
    }
    return json_pack(
        "{s:i, s:s, s:o, s:s, s:o*, s:O, s:O, s:O, s:o, s:o, s:o}", "format", CAPACITY_FORMAT,
        "verdict", search_verdict_names[median->move.verdict], "capacity", capacity_to_json(median),
        "sentence", capacity_sentence(median, sentence), "repeat",
        searches->count > 1 ? spread_to_json(searches) : NULL, "settings", searches->settings,
        "plan", searches->plan, "environment", searches->environment, "same_node",
        same_node_find(searches->environment, trials), "searches", list, "trials", trials);
}

bool capacity_write_json(const json_t *report, FILE *out)
{
    return json_dumpf(report, out, JSON_REAL_PRECISION(DIGITS)) == 0 && fputc('\n', out) != EOF &&
           fflush(out) == 0;
}
