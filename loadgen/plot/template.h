/*
 * template - writes a page: the head and the foot that all pages have, and the body between them,
 * HTML in which {{name}} is a slot to fill.
 *
 * Slots that all pages have are filled here: style, dygraphs, chart.js, the page's own script, and
 * the version. The page fills the others, also the title and the data of head and foot.
 *
 * Threads, memory: none.
 */
#ifndef LOADGEN_PLOT_TEMPLATE_H
#define LOADGEN_PLOT_TEMPLATE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"

struct template
{
    const char *body;
    const char *script;
    /* Writes the content of a slot. False if out of memory. */
    bool (*fill)(const void *context, const char *slot, FILE *out);
    const void *context;
};

/* False with err if out of memory. The caller checks ferror(out). */
bool template_write(const struct template *template, FILE *out, struct err *err);

#endif
