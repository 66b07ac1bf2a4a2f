/*
 * html - escapes text and JSON for an HTML page.
 *
 * Threads, memory: no state.
 */
#ifndef LOADGEN_PLOT_HTML_H
#define LOADGEN_PLOT_HTML_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Writes text, escaped for the content of an element or a quoted attribute. */
void html_write(FILE *out, const char *text);

/* Formats text as printf does and writes its first HTML_PRINT_MAX - 1 bytes with html_write. */
enum { HTML_PRINT_MAX = 1024 };
void html_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes JSON as the content of a <script>; no string in the JSON can close the element. False if
 * out of memory. */
bool html_write_json(FILE *out, const json_t *json);

#endif
