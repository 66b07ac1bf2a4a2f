/*
 * html - text into a page, so that it stays text.
 */
#ifndef LOADGEN_PLOT_HTML_H
#define LOADGEN_PLOT_HTML_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* As content of an element or an attribute in quotes. */
void html_write(FILE *out, const char *text);

/* The same of a printf format; what it makes is shorter than HTML_PRINT_MAX. */
enum { HTML_PRINT_MAX = 1024 };
void html_print(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* JSON as content of a <script>, which no text in it can end. False when memory is short. */
bool html_write_json(FILE *out, const json_t *json);

#endif
