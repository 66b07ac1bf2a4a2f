#include "loadgen/plot/capacity/result.h"

#include <stdbool.h>
#include <string.h>

const char *capacity_text(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

double capacity_number(const json_t *json, const char *key)
{
    return json_number_value(json_object_get(json, key));
}

uint64_t capacity_count(const json_t *json, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(json, key));
    return value > 0 ? (uint64_t)value : 0;
}

double capacity_bound(const json_t *result, const char *key)
{
    return capacity_number(json_object_get(result, "capacity"), key);
}

static bool has_outcome(const json_t *trial, const char *outcome)
{
    return strcmp(capacity_text(trial, "outcome"), outcome) == 0;
}

unsigned capacity_find_search(const json_t *result)
{
    const json_t *capacity = json_object_get(result, "capacity");
    size_t i;
    json_t *search;
    json_array_foreach(json_object_get(result, "searches"), i, search)
    {
        if (json_equal(json_object_get(search, "capacity"), capacity)) {
            return (unsigned)i + 1;
        }
    }
    return 0;
}

static bool is_of(const json_t *trial, unsigned search)
{
    return search == 0 || capacity_count(trial, "search") == search;
}

size_t capacity_count_trials(const json_t *result, unsigned search, double rate,
                             const char *outcome)
{
    size_t i, count = 0;
    json_t *trial;
    json_array_foreach(json_object_get(result, "trials"), i, trial)
    {
        count += is_of(trial, search) && capacity_number(trial, "rate") == rate &&
                 (!outcome || has_outcome(trial, outcome));
    }
    return count;
}

struct capacity_trials capacity_choose_trials(const json_t *result)
{
    struct capacity_trials chosen = {-1, -1, -1};
    unsigned search = capacity_find_search(result);
    double capacity = capacity_bound(result, "rate");
    double below_rate = capacity, above_rate = 0;
    size_t i;
    json_t *trial;
    json_array_foreach(json_object_get(result, "trials"), i, trial)
    {
        double rate = capacity_number(trial, "rate");
        bool is_good = has_outcome(trial, "good");
        if (!is_of(trial, search)) {
            continue;
        }
        if (is_good && rate == capacity) {
            chosen.capacity = (int)i;
        }
        if (is_good && rate < below_rate) {
            chosen.below = (int)i;
            below_rate = rate;
        }
        if (!is_good && rate > capacity && (above_rate == 0 || rate <= above_rate)) {
            chosen.above = (int)i;
            above_rate = rate;
        }
    }
    return chosen;
}
