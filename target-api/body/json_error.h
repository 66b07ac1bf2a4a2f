/*
 * json_error - the position of a JSON syntax error: the start of the invalid token, or the end of
 * the text if it ends too early.
 *
 * jansson itself reports a position after that token. The sample app (Python) reports the start of
 * the token too, except for some errors inside a string or a number: there it reports the position
 * of the error.
 *
 * Threads: no state. Memory: none.
 */
#ifndef TARGET_API_BODY_JSON_ERROR_H
#define TARGET_API_BODY_JSON_ERROR_H

#include <jansson.h>
#include <stddef.h>

#include "common/slice.h"

struct json_position {
    size_t character; /* from 0 */
    size_t line;      /* from 1 */
    size_t column;    /* in characters, from 1 */
};

/* `text` must be valid UTF-8 that json_loadb rejected with `error`. */
struct json_position json_error_position(struct slice text, const json_error_t *error);

#endif
