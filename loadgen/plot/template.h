/*
 * template - writes a page: the head and the foot that all pages have, and the body between them,
 * HTML in which {{name}} is a slot to fill.
 *
 * The slots style, script (dygraphs, chart.js, and the page's own script) and version are filled
 * here. `fill` fills all others: those of the body, title in the head, and data in the foot.
 *
 * Threads, memory: no state.
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
