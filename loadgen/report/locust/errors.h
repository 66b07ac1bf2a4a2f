/*
 * errors - the failed requests of Locust's error report: counted by method, name and error, in
 * order of first appearance.
 *
 * Threads: one. Memory: 50 kB, a plain value. Borrows the rows of the stats and the texts.
 */
#ifndef LOADGEN_REPORT_LOCUST_ERRORS_H
#define LOADGEN_REPORT_LOCUST_ERRORS_H

#include <stddef.h>
#include <stdint.h>

#include "loadgen/measure/failures.h"
#include "loadgen/report/locust/stats.h"

struct locust_error {
    const struct locust_row *row; /* NULL: of any row */
    const char *text;
    uint64_t count;
    uint64_t first_ns; /* as in struct failure */
    uint64_t last_ns;
};

struct locust_errors {
    size_t count;
    struct locust_error list[FAILURES_MAX + 1];
};

/*
 * Takes the failures of the tally that the stats were taken from. Those without an entry
 * (failures.h) come last, as one error.
 */
void locust_errors_take(struct locust_errors *errors, const struct locust_stats *stats,
                        const struct tally *tally);

#endif
