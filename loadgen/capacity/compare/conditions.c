#include "loadgen/capacity/compare/conditions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An object of the report, and a key in it. */
static const struct {
    const char *part; /* NULL: of the target's pods */
    const char *key;
} conditions[] = {
    {"settings", "slo"},
    {"settings", "arrival"},
    {"settings", "max_connections"},
    {"plan", "keepalive"},
    {"plan", "http2"},
    {"plan", "h2c"},
    {"settings", "workload"},
    {"environment", "cpu_model"},
    {"environment", "cores"},
    {"environment", "cpu_limit"},
    {"environment", "kernel"},
    {"environment", "memory_limit"},
    {"environment", "clock"},
    {NULL, "target_cpu_limit"},
};
enum { CONDITIONS = sizeof conditions / sizeof conditions[0] };

/*
 * The CPU limit of a pod of the target, from the last trial that recorded one; all pods are assumed
 * to have the same. NULL: not known.
 */
static json_t *find_target_limit(const json_t *report)
{
    const json_t *trials = json_object_get(report, "trials");
    for (size_t i = json_array_size(trials); i-- > 0;) {
        const json_t *target = json_object_get(json_array_get(trials, i), "target");
        const json_t *pods = json_object_get(target, "pods");
        for (size_t k = 0; k < json_array_size(pods); k++) {
            json_t *limit = json_object_get(json_array_get(pods, k), "cpu_limit");
            if (json_is_number(limit)) {
                return limit;
            }
        }
    }
    return NULL;
}

static json_t *find_condition(const json_t *report, size_t i)
{
    return conditions[i].part
               ? json_object_get(json_object_get(report, conditions[i].part), conditions[i].key)
               : find_target_limit(report);
}

json_t *conditions_of(const json_t *report)
{
    json_t *found = json_object();
    for (size_t i = 0; i < CONDITIONS; i++) {
        json_t *value = find_condition(report, i);
        json_object_set(found, conditions[i].key, value ? value : json_null());
    }
    return found;
}

/* The value as in the report; "unknown" for null. The caller frees it. */
static char *print_value(const json_t *value)
{
    return json_is_null(value) || !value
               ? strdup("unknown")
               : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
}

bool conditions_next(const json_t *before, const json_t *after, size_t *i,
                     char text[CONDITION_TEXT])
{
    for (; *i < CONDITIONS; ++*i) {
        const char *key = conditions[*i].key;
        const json_t *old = json_object_get(before, key);
        const json_t *new = json_object_get(after, key);
        if (!json_equal(old, new)) {
            char *old_text = print_value(old);
            char *new_text = print_value(new);
            snprintf(text, CONDITION_TEXT, "%s was %s, then %s", key, old_text ? old_text : "?",
                     new_text ? new_text : "?");
            free(old_text);
            free(new_text);
            ++*i;
            return true;
        }
    }
    return false;
}
