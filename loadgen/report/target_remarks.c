#include "loadgen/report/target_remarks.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

static const char *skip_number(const char *text)
{
    while (isdigit((unsigned char)*text)) {
        text++;
    }
    return text;
}

static bool is_same(const char *a, const char *b)
{
    a = skip_number(a);
    b = skip_number(b);
    while (*a && *a == *b) {
        a = skip_number(a + 1);
        b = skip_number(b + 1);
    }
    return *a == *b;
}

static json_t *find(const json_t *list, const char *text)
{
    size_t i;
    json_t *remark;
    json_array_foreach(list, i, remark)
    {
        if (is_same(json_string_value(json_object_get(remark, "text")), text)) {
            return remark;
        }
    }
    return NULL;
}

static void add(json_t *list, const char *text, size_t trial)
{
    json_t *known = find(list, text);
    if (known) {
        json_int_t others = json_integer_value(json_object_get(known, "others"));
        json_object_set_new(known, "others", json_integer(others + 1));
    } else {
        json_array_append_new(list, json_pack("{s:s, s:I, s:i}", "text", text, "trial",
                                              (json_int_t)trial, "others", 0));
    }
}

json_t *target_remarks_collect(const json_t *trials)
{
    json_t *list = json_array();
    size_t i, k;
    json_t *trial, *remark;
    json_array_foreach(trials, i, trial)
    {
        const json_t *target = json_object_get(trial, "target");
        json_array_foreach(json_object_get(target, "remarks"), k, remark)
        {
            if (json_is_string(remark)) {
                add(list, json_string_value(remark), i + 1);
            }
        }
    }
    return list;
}

const char *target_remarks_where(const json_t *remark, char text[TARGET_REMARKS_WHERE])
{
    json_int_t others = json_integer_value(json_object_get(remark, "others"));
    int used = snprintf(text, TARGET_REMARKS_WHERE, "trial %" JSON_INTEGER_FORMAT,
                        json_integer_value(json_object_get(remark, "trial")));
    if (others > 0) {
        snprintf(text + used, TARGET_REMARKS_WHERE - (size_t)used,
                 " and %" JSON_INTEGER_FORMAT " more", others);
    }
    return text;
}
