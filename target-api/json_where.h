/*
 * json_where - where a text stops being JSON, and why, in the words of Python's json module.
 *
 * jansson words and places its errors otherwise, and ours must be those of the sample app. So a
 * text that jansson refused is walked again (json_walk.h), until the first error. NaN, which Python
 * takes, is refused here.
 *
 * Threads: no state. Memory: none.
 */
#ifndef TARGET_API_JSON_WHERE_H
#define TARGET_API_JSON_WHERE_H

#include <stddef.h>

#include "target-api/slice.h"

enum json_where_result {
    JSON_WHERE_FOUND,
    JSON_WHERE_NOWHERE,  /* it is JSON to Python */
    JSON_WHERE_TOO_MUCH, /* nested too deep, or an integer of too many digits */
};

struct json_where {
    size_t position;          /* in characters, from 0 */
    size_t line;              /* from 1 */
    size_t column;            /* in characters, from 1 */
    const char *json_message; /* a constant, escaped to stand between quotes in JSON */
};

/* The text is valid UTF-8. Fills `where` when the result is JSON_WHERE_FOUND. */
enum json_where_result json_where_find(struct slice text, struct json_where *where);

#endif
