/*
 * csv - the four files of Locust's -csv, with the headers of Locust 2.46.
 *
 *     PREFIX_stats.csv          a row for each method and name, and "Aggregated"
 *     PREFIX_stats_history.csv  rows of each second, appended
 *     PREFIX_failures.csv       a row for each method, name and error
 *     PREFIX_exceptions.csv     a row for each error of scripts
 *
 * Lines end with CR LF. A field is quoted only if it contains a comma, a quote, CR or LF. Times are
 * milliseconds. Averages, extremes, sizes and rates have as many digits as they need to be read
 * back as the same number; a whole one ends with ".0". Percentiles have three significant digits,
 * or are whole milliseconds from 100 ms on.
 *
 * Threads, memory: no state. Errors: the caller checks `out`.
 */
#ifndef LOADGEN_REPORT_LOCUST_CSV_H
#define LOADGEN_REPORT_LOCUST_CSV_H

#include <stdint.h>
#include <stdio.h>

#include "loadgen/measure/exceptions.h"
#include "loadgen/report/locust/errors.h"
#include "loadgen/report/locust/recent.h"
#include "loadgen/report/locust/stats.h"

/* Writes a whole file. */
void locust_csv_stats(const struct locust_stats *stats, FILE *out);

/*
 * Writes a fifth file, as Locust did up to version 0.13.2: the percentiles of each row. Every text
 * is quoted. Each line but the last ends with LF.
 */
void locust_csv_distribution(const struct locust_stats *stats, FILE *out);

/* Writes a whole file. wall_ns: wall clock at time 0 of the tally's moments. */
void locust_csv_failures(const struct locust_errors *errors, uint64_t wall_ns, FILE *out);

/* Writes a whole file. `exceptions` NULL: there are none. */
void locust_csv_exceptions(const struct exceptions *exceptions, FILE *out);

/* Writes the header of the history. */
void locust_csv_history_header(FILE *out);

/*
 * Writes the rows of the second that ended at unix_s (seconds since 1970): "Aggregated" and, if
 * `recent` keeps times, a row for each method and name. Rates, and with times also percentiles,
 * cover the last seconds (recent.h); without times, percentiles cover the whole run.
 */
void locust_csv_history(const struct locust_stats *stats, const struct locust_recent *recent,
                        uint64_t unix_s, uint64_t users, FILE *out);

/* Writes one such row with these rates and percentiles. The other numbers come from `row`. */
void locust_csv_history_row(const struct locust_row *row, struct locust_rates rates,
                            const uint64_t percentiles_ns[LOCUST_PERCENTILES_ALL], uint64_t unix_s,
                            uint64_t users, FILE *out);

#endif
