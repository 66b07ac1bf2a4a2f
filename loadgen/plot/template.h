/*
 * template - writes a page from three pieces of HTML with slots, {{name}}: a head and a foot that
 * all pages share, and the page's own body.
 *
 * template_write fills {{style}}, {{script}} (dygraphs, chart.js, and the page's own script) and
 * {{version}}. `fill` fills all other slots: those of the body, {{title}} in the head, and {{data}}
 * in the foot.
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
