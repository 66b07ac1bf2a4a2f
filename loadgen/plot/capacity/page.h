/*
 * capacity_page - a self-contained HTML page that shows the result of a capacity search, made only
 * from the JSON of `loadgen capacity -output` (docs/capacity.schema.json). It works offline.
 *
 *     capacity.html    the body (template.h)
 *     capacity_words   answer, certainty, limit and tables, which need no script
 *     capacity_target  what the target's own metrics say; also without a script
 *     capacity_data    the JSON of the page: the result, with percentiles instead of histograms
 *     capacity.js      the charts, from this JSON
 *
 * The result may come from any file: missing keys are left out, and texts are escaped.
 *
 * Threads: no state. Memory: at most twice the memory of the result.
 */
#ifndef LOADGEN_PLOT_CAPACITY_PAGE_H
#define LOADGEN_PLOT_CAPACITY_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"

/* True if the JSON looks like a result of `loadgen capacity`. */
bool capacity_page_can_show(const json_t *json);

/* False with err if out of memory. The caller checks ferror(out). */
bool capacity_page_write(json_t *result, FILE *out, struct err *err);

#endif
