/*
 * table - Locust's tables for the console, in the layout of Locust 2.9 and later.
 *
 *     Type     Name              # reqs      # fails |    Avg     Min     Max    Med | ...
 *     --------|----------------|-------|-------------|-------|-------|-------|-------|- ...
 *     GET      /                    301     1(0.33%) |     11       1     250      9 | ...
 *     POST     /login                80    8(10.00%) |    743     119    1447    743 | ...
 *     --------|----------------|-------|-------------|-------|-------|-------|-------|- ...
 *              Aggregated           381     9(2.36%) |    165       1    1447     14 | ...
 *
 * The last columns, "req/s" and "failures/s", have requests and failures per second.
 *
 * Times are whole milliseconds. Averages, minima and maxima are rounded down, as in Locust.
 * Percentiles, of which the median is one, are rounded to the nearest, but not beyond the minimum
 * and maximum in the table.
 *
 * The column of names is as wide as the terminal minus 80 columns, but 0 to 80 wide; in the table
 * of requests, 4 less. The column of methods is 8 wide. Longer names and methods are not cut.
 * Widths count characters, not bytes. In the table of requests, an extra blank follows a method of
 * 8 or more characters, as in Locust.
 *
 * `columns` is the width of the terminal; 0: no terminal or unknown, and the column of names is 80
 * wide. An empty line follows each table.
 *
 * Threads, memory: no state. Errors: the caller checks `out`.
 */
#ifndef LOADGEN_REPORT_LOCUST_TABLE_H
#define LOADGEN_REPORT_LOCUST_TABLE_H

#include <stdio.h>

#include "loadgen/report/locust/errors.h"
#include "loadgen/report/locust/recent.h"
#include "loadgen/report/locust/stats.h"

/* Writes the requests. Rates are those of the last seconds; `recent` NULL: those of the run. */
void locust_table_requests(const struct locust_stats *stats, const struct locust_recent *recent,
                           int columns, FILE *out);

/* Writes the percentiles of each row that has times. */
void locust_table_percentiles(const struct locust_stats *stats, int columns, FILE *out);

/* Writes the errors; nothing if there are none. */
void locust_table_errors(const struct locust_errors *errors, int columns, FILE *out);

#endif
