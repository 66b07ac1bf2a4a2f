#include "loadgen/capacity/compare/capacity_set.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/capacity/compare/capacity_file.h"
#include "loadgen/capacity/compare/conditions.h"
#include "loadgen/capacity/search/search.h"

/* True if all conditions are equal; otherwise err names the first difference. */
static bool check_conditions(const json_t *before, const json_t *after, const char *what,
                             struct err *err)
{
    char text[CONDITION_TEXT];
    size_t i = 0;
    return !conditions_next(before, after, &i, text) ||
           err_set(err, ERR_USAGE,
                   "%s were measured under different conditions: %s; to compare them anyway, set "
                   "comparison.force",
                   what, text);
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
    json_t *found = conditions_of(report);
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
