/*
 * facts - writes names and values as HTML, and prints rounded numbers with thousands separators.
 *
 * Threads, memory: no state.
 */
#ifndef LOADGEN_PLOT_FACTS_H
#define LOADGEN_PLOT_FACTS_H

#include <stdint.h>
#include <stdio.h>

enum { FACTS_TEXT = 32 };

/* Prints 1234567 as 1,234,567. Returns `text`. */
const char *facts_print_count(uint64_t count, char text[FACTS_TEXT]);

/* Prints 1234.5 as 1,235, and 12.345 as 12.35. Returns `text`. */
const char *facts_print_rate(double rate, char text[FACTS_TEXT]);

/* Writes an item of a <dl>. `name` is HTML; the formatted value is escaped. */
void facts_write(FILE *out, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
