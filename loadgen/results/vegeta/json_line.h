/*
 * json_line - parses one line of vegeta's JSON.
 *
 *     {"attack":"","seq":0,"code":200,"timestamp":"2026-11-20T16:47:48.79Z","latency":2820749,
 *      "bytes_out":0,"bytes_in":15,"error":"","body":"e30=","method":"GET","url":"http://a/",
 *      "headers":{"Content-Type":["application/json"]}}
 *
 * Lines that are exactly as vegeta writes them are read by a small parser that relies on the order
 * of the keys, at 690 MB per CPU-second. All others (with a different order or spacing, with
 * missing, unknown or null keys, or with characters outside ASCII) are read by jansson, at 57 MB
 * per CPU-second. Both give the same result for the same line: missing and null values are 0 or
 * empty, unknown keys are ignored, and a timestamp is required. As in vegeta, seq goes up to 2^64 -
 * 1; other numbers go up to 2^63 - 1.
 *
 * Threads: one. Memory: json_line_fini; the texts of a line are valid until the next parse.
 */
#ifndef LOADGEN_RESULTS_VEGETA_JSON_LINE_H
#define LOADGEN_RESULTS_VEGETA_JSON_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "loadgen/base/bytes.h"
#include "loadgen/results/vegeta/vegeta.h"

struct json_line {
    struct vegeta_line line;
    struct bytes texts;   /* unescaped copies of texts with escapes */
    struct bytes headers; /* as lines */
    json_t *json;         /* the last line that jansson parsed; NULL: none so far */
    char problem[160];    /* why the line was rejected */
};

void json_line_fini(struct json_line *line);

/* False with `problem` if the line is not a result. Without with_headers, the headers of the line
 * may be left empty. */
bool json_line_parse(struct json_line *line, const char *text, size_t length, bool with_headers);

/* Uses only the small parser. False if the line is not exactly as vegeta writes it. */
bool json_line_parse_quickly(struct json_line *line, const char *text, size_t length,
                             bool with_headers);

/* Uses only jansson. */
bool json_line_parse_any(struct json_line *line, const char *text, size_t length);

#endif
