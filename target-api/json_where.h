/*
 * json_where - where a text stops being JSON, and why, in the words of Python's json module.
 *
 * jansson decides what is JSON; it words and places its errors otherwise, and ours must be those of
 * the sample app. So a text that jansson refused is walked again, by the rules of Python's decoder,
 * until the first error. Python takes more than jansson does: numbers of any size, NaN and
 * Infinity, lone surrogates. Then no error is found, and jansson's own place stands.
 *
 * Threads: no state. Memory: none, but a frame of stack for each open bracket, JSON_WHERE_DEPTH_MAX
 * at most.
 */
#ifndef TARGET_API_JSON_WHERE_H
#define TARGET_API_JSON_WHERE_H

#include <stddef.h>

#include "target-api/slice.h"

enum { JSON_WHERE_DEPTH_MAX = 2048 }; /* jansson's own limit */

enum json_where_result {
    JSON_WHERE_FOUND,
    JSON_WHERE_NOWHERE,  /* Python would have taken it */
    JSON_WHERE_NOT_TEXT, /* not UTF-8: Python does not even begin */
    JSON_WHERE_TOO_DEEP,
};

struct json_where {
    size_t position;          /* in characters, from 0 */
    size_t line;              /* from 1 */
    size_t column;            /* in characters, from 1 */
    const char *json_message; /* a constant, escaped to stand between quotes in JSON */
};

/* Fills `where` when the result is JSON_WHERE_FOUND. */
enum json_where_result json_where_find(struct slice text, struct json_where *where);

/* Fills position, line and column of the character that starts at or spans the byte `at`. */
void json_where_place(struct slice text, size_t at, struct json_where *where);

#endif
