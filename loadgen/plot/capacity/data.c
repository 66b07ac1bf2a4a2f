#include "loadgen/plot/capacity/data.h"

#include <stdlib.h>

#include "loadgen/measure/hdr/hdr_codec.h"
#include "loadgen/plot/capacity/result.h"
#include "loadgen/plot/percentiles.h"

/* Copies of the trials, without the key. The values are shared. */
static json_t *trials_without(const json_t *trials, const char *key)
{
    json_t *list = json_array();
    size_t i;
    json_t *trial;
    json_array_foreach(trials, i, trial)
    {
        json_t *copy = json_copy(trial);
        json_object_del(copy, key);
        json_array_append_new(list, copy);
    }
    return list;
}

/* V2 has no extremes: they are in the trial. No points if the text is not a histogram. */
static json_t *points_of(const json_t *trial, const char *name, const char *extremes,
                         struct histogram *room)
{
    const json_t *text = json_object_get(json_object_get(trial, "histograms"), name);
    const json_t *timing = json_object_get(trial, extremes);
    struct err ignored = {.code = ERR_NONE};
    if (!json_is_string(text) ||
        !hdr_decode(json_string_value(text), json_string_length(text), room, &ignored)) {
        return json_array();
    }
    uint64_t min_ns = capacity_count(timing, "min"), max_ns = capacity_count(timing, "max");
    if (histogram_bucket_or_last(min_ns) == histogram_first_bucket(room) &&
        histogram_bucket_or_last(max_ns) == histogram_last_bucket(room)) {
        room->min_ns = min_ns;
        room->max_ns = max_ns;
    }
    return percentiles_to_json(room);
}

static void add_distribution(json_t *list, const json_t *result, int index, const char *what,
                             struct histogram *room)
{
    const json_t *trials = json_object_get(result, "trials");
    const json_t *trial = index >= 0 ? json_array_get(trials, (size_t)index) : NULL;
    json_t *latency = trial ? points_of(trial, "latency", "latencies", room) : NULL;
    if (json_array_size(latency) > 0) {
        json_array_append_new(list, json_pack("{s:s, s:i, s:O, s:o}", "what", what, "trial", index,
                                              "latency", latency, "response",
                                              points_of(trial, "response", "response", room)));
    }
    json_decref(latency);
}

json_t *capacity_data(json_t *result)
{
    struct histogram *room = calloc(1, sizeof *room);
    json_t *shown = json_copy(result);
    if (!room || !shown) {
        free(room);
        json_decref(shown);
        return NULL;
    }
    struct capacity_trials chosen = capacity_choose_trials(result);
    json_t *list = json_array();
    add_distribution(list, result, chosen.below, "below the capacity", room);
    add_distribution(list, result, chosen.capacity, "at the capacity", room);
    add_distribution(list, result, chosen.above, "above the capacity", room);
    histogram_fini(room);
    free(room);
    json_object_set_new(shown, "trials",
                        trials_without(json_object_get(result, "trials"), "histograms"));
    return json_pack("{s:o, s:o}", "result", shown, "distributions", list);
}
