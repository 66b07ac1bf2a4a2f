/*
 * page - a self-contained HTML page with charts of a run. It works offline.
 *
 *     page.html   the body; {{name}} is a slot, filled from the table in page.c (template.h)
 *     page.css    light and dark, wide and narrow
 *     chart.js    one chart, with dygraphs
 *     page.js     the charts of the page, from the numbers of data.h
 *
 * Title, verdict, remarks and tables need no script. All texts are escaped, because they come from
 * targets' names, servers and files. A Content-Security-Policy forbids loading anything.
 *
 * Threads: one per timeline. Memory: while the page is written, 60 bytes per number in its JSON.
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
    struct timeline *timeline; /* of the same results; page_write sorts its points */
};

/* False with err if out of memory. The caller checks ferror(out). */
bool page_write(const struct page *page, FILE *out, struct err *err);

#endif
