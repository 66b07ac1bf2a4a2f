/*
 * json_line - one line of vegeta's JSON, taken apart.
 *
 *     {"attack":"","seq":0,"code":200,"timestamp":"2026-11-20T16:47:48.79Z","latency":2820749,
 *      "bytes_out":0,"bytes_in":15,"error":"","body":"e30=","method":"GET","url":"http://a/",
 *      "headers":{"Content-Type":["application/json"]}}
 *
 * A line as vegeta writes it is read by a small parser that knows the order of the keys; all
 * others (another order or spacing, keys that are missing, unknown or null, characters outside
 * ASCII) are jansson's. Both read the same from the same line: what is missing or null is 0 or
 * empty, keys that are not known are passed over, but a timestamp there must be.
 * seq goes up to 2^64 - 1 as in vegeta, other numbers to 2^63 - 1.
 *
 * Threads: one. Memory: json_line_fini; the texts of a line last until the next one.
 */
#ifndef LOADGEN_RESULTS_JSON_LINE_H
#define LOADGEN_RESULTS_JSON_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "loadgen/results/vegeta.h"
#include "loadgen/target/bytes.h"

struct json_line {
    struct vegeta_line line;
    struct bytes texts;   /* those that had escapes */
    struct bytes headers; /* as lines */
    json_t *json;         /* what jansson made of the line; NULL when it was not needed */
    char problem[160];    /* what is wrong */
};

void json_line_fini(struct json_line *line);

/* False with `problem` when it is no result. Headers are only turned into lines when wanted. */
bool json_line_parse(struct json_line *line, const char *text, size_t length, bool with_headers);

/* The quick parser alone: false when the line is not as vegeta writes it. */
bool json_line_parse_quickly(struct json_line *line, const char *text, size_t length,
                             bool with_headers);

/* jansson alone. */
bool json_line_parse_any(struct json_line *line, const char *text, size_t length);

#endif
