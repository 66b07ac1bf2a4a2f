/*
 * prom - writes metrics in Prometheus' text format 0.0.4.
 *
 * Describe a family once, before its samples. Label values are escaped.
 *
 * Threads: no state; only one thread at a time may write to `out`. Errors: check ferror(out).
 */
#ifndef COMMON_PROM_H
#define COMMON_PROM_H

#include <stdint.h>
#include <stdio.h>

/* Writes the HELP and TYPE lines of a family; `type` is counter, gauge or histogram. */
void prom_describe(FILE *out, const char *name, const char *type, const char *help);

/* Writes name="value". */
void prom_label(FILE *out, const char *name, const char *value);

/* Writes a whole family: HELP, TYPE, and one sample without labels. */
void prom_count(FILE *out, const char *name, const char *type, const char *help, uint64_t value);
void prom_real(FILE *out, const char *name, const char *type, const char *help, double value);

#endif
