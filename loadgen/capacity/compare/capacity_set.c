#include "loadgen/capacity/compare/capacity_set.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/capacity/compare/capacity_file.h"
#include "loadgen/capacity/search/search.h"

/* Conditions that a capacity depends on: the object of the report, and its key. */
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

/* Of a pod of the target in the last trial that knows it: all pods are alike. NULL: not known. */
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

static json_t *find_conditions(const json_t *report)
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

/* True if no condition differs; else an error with the first one that does. */
static bool check_conditions(const json_t *before, const json_t *after, const char *what,
                             struct err *err)
{
    for (size_t i = 0; i < CONDITIONS; i++) {
        const char *key = conditions[i].key;
        const json_t *old = json_object_get(before, key);
        const json_t *new = json_object_get(after, key);
        if (!json_equal(old, new)) {
            char *old_text = print_value(old);
            char *new_text = print_value(new);
            err_set(err, ERR_USAGE,
                    "%s were measured under different conditions: %s was %s, then %s; set "
                    "comparison.force to compare them anyway",
                    what, key, old_text ? old_text : "?", new_text ? new_text : "?");
            free(old_text);
            free(new_text);
            return false;
        }
    }
    return true;
}

static bool add_search(struct capacity_set *set, const json_t *search, const char *path,
                       struct err *err)
{
    const char *verdict = json_string_value(json_object_get(search, "verdict"));
    double rate = json_number_value(json_object_get(json_object_get(search, "capacity"), "rate"));
    if (!verdict || strcmp(verdict, search_verdict_names[SEARCH_FOUND]) != 0 || rate <= 0) {
        return err_set(err, ERR_FAILED,
                       "%s: a search ended with the verdict \"%s\" and found no capacity", path,
                       verdict ? verdict : "nothing");
    }
    if (set->count == CAPACITY_SET_MAX) {
        return err_set(err, ERR_FAILED, "%s: more than %d searches", path, CAPACITY_SET_MAX);
    }
    set->rates[set->count++] = rate;
    return true;
}

bool capacity_set_add(struct capacity_set *set, const json_t *report, const char *path,
                      bool is_forced, struct err *err)
{
    const json_t *searches = json_object_get(report, "searches");
    double width = json_number_value(json_object_get(json_object_get(report, "settings"), "width"));
    json_t *found = find_conditions(report);
    bool ok = is_forced || !set->conditions ||
              check_conditions(set->conditions, found, "results of one set", err);
    if (ok && !set->conditions) {
        set->conditions = json_incref(found);
    }
    json_decref(found);
    set->width = width > set->width ? width : set->width;
    for (size_t i = 0; ok && i < json_array_size(searches); i++) {
        ok = add_search(set, json_array_get(searches, i), path, err);
    }
    return ok;
}

static bool add_file(struct capacity_set *set, const char *path, bool is_forced, struct err *err)
{
    json_t *report = capacity_file_read(path, err);
    bool ok = report && capacity_set_add(set, report, path, is_forced, err);
    json_decref(report);
    return ok;
}

bool capacity_set_read(struct capacity_set *set, const char *list, bool is_forced, struct err *err)
{
    *set = (struct capacity_set){0};
    char *paths = strdup(list);
    char *rest = NULL;
    bool ok = paths || err_set(err, ERR_FAILED, "not enough memory");
    for (char *path = ok ? strtok_r(paths, ",", &rest) : NULL; ok && path;
         path = strtok_r(NULL, ",", &rest)) {
        ok = add_file(set, path, is_forced, err);
    }
    free(paths);
    return ok && (set->count > 0 || err_set(err, ERR_USAGE, "\"%s\" names no file", list));
}

void capacity_set_free(struct capacity_set *set)
{
    json_decref(set->conditions);
}

bool capacity_set_check_equal(const struct capacity_set *before, const struct capacity_set *after,
                              struct err *err)
{
    return check_conditions(before->conditions, after->conditions, "the two sets", err);
}
