/*
 * exposition - reads a metrics page in Prometheus' text format 0.0.4, sample by sample.
 *
 *     http_requests_total{route="/health",code="200"} 1027 1395066363000
 *
 * Comments, timestamps and OpenMetrics' exemplars are skipped. Nothing is copied: slices point into
 * the page. Parsing time is linear in the length of the page.
 *
 * Threads, memory: no state besides struct exposition, which borrows the caller's bytes.
 */
#ifndef LOADGEN_SCRAPE_EXPOSITION_H
#define LOADGEN_SCRAPE_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

struct exposition {
    struct slice rest; /* the caller sets it to the page */
    size_t line;       /* of the last sample, or of the error; from 1 */
};

struct exposition_sample {
    struct slice name;
    struct slice labels; /* the text between the braces; may be empty */
    double value;        /* may be NaN or infinite */
};

enum exposition_read {
    EXPOSITION_SAMPLE,
    EXPOSITION_END,
    EXPOSITION_BAD, /* the line is not of this format */
};

enum exposition_read exposition_next(struct exposition *page, struct exposition_sample *sample);

/*
 * Removes the first label from the labels of a sample, and returns its name and value. The value
 * still has its escapes. False if no label is left.
 */
bool exposition_next_label(struct slice *labels, struct slice *name, struct slice *value);

#endif
