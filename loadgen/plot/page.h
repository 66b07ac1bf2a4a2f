/*
 * page - one HTML page of a run that opens anywhere, offline: for people who would rather look than
 * read.
 *
 *     page.html   the frame; a word in {{ }} is a slot, filled from the table in page.c
 *     page.css    light and dark, wide and narrow
 *     chart.js    one chart, with dygraphs
 *     page.js     the charts that there are, from the numbers of data.h
 *
 * What is text (title, verdict, remarks, what was run, the table) is in the page without any
 * script. Texts come from targets' names, servers and files: all of them are escaped, and the page
 * forbids itself to load anything (Content-Security-Policy).
 *
 * Threads, memory: none of their own, but for the numbers while they are written: 60 bytes each.
 */
#ifndef LOADGEN_PLOT_PAGE_H
#define LOADGEN_PLOT_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"
#include "loadgen/plot/timeline.h"

struct page {
    const char *title;
    const struct summary *summary;
    struct timeline *timeline; /* of the same results; its points are put in order */
};

/* False with err when memory is short. Whether all of it was written, ferror(out) says. */
bool page_write(const struct page *page, FILE *out, struct err *err);

#endif
