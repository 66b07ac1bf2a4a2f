/*
 * json_walk - steps over JSON by the rules of Python's decoder, without building anything.
 *
 * Python takes more than jansson does: integers of thousands of digits, Infinity, NaN, lone
 * surrogates, NUL in a key. It gives up on brackets nested deeper than JSON_WALK_DEPTH_MAX and on
 * integers of more than PYNUM_DIGITS_MAX digits.
 *
 * Threads: one owner. Memory: none, but a frame of stack for each open bracket.
 */
#ifndef TARGET_API_JSON_WALK_H
#define TARGET_API_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "target-api/slice.h"

enum { JSON_WALK_DEPTH_MAX = 964 }; /* where the sample app's recursion limit ends */

/* Begins with `text`, which is valid UTF-8, and zeroes. */
struct json_walk {
    struct slice text;
    size_t at; /* the next byte */
    unsigned depth;
    bool has_nan; /* a NaN was stepped over, the first one at nan_at */
    size_t nan_at;
    bool is_too_much;         /* the failure is not one of JSON: too deep, too many digits */
    size_t error_at;          /* after a failure: the byte that the message is about */
    const char *json_message; /* in Python's words, escaped to stand in JSON; NULL: no failure */
};

/* Steps over white space. */
void json_walk_space(struct json_walk *w);

/* Steps over this character if it is the next one. */
bool json_walk_skip(struct json_walk *w, char c);

/* Steps over a value. False: it failed, and the walk is over. */
bool json_walk_value(struct json_walk *w);

#endif
