/*
 * slo - the language for what a service must hold: read here, judged by slo_judge.h.
 *
 *     p99<20ms,errors<0.1%,throughput>=99%,get-health:p95<=5ms
 *
 * Criteria are joined by commas, and blanks may stand between words. Of the times and of errors an
 * upper limit is asked for (< or <=), of rate and throughput a lower one (> or >=):
 *
 *     p50 p99 p99.9 ...   a percentile of the latencies, up to four decimals    20ms
 *     mean max            of the latencies                                      20ms
 *     errors              what was intended and did not succeed                 0.1%
 *     rate                requests per second, as sent                          500 or 99%
 *     throughput          successes per second                                  500 or 99%
 *
 * The percentage of rate and throughput is one of the rate that was asked for. With the name of a
 * target and a colon in front, times and errors are those of the target's row (rows.h); a name in
 * which one of < > = , : " may be mistaken stands in double quotes.
 *
 * Errors: ERR_USAGE with what was expected, and where (point.h). Threads: none. Memory:
 * slo_destroy; it keeps a copy of the text.
 */
#ifndef LOADGEN_REPORT_SLO_H
#define LOADGEN_REPORT_SLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum slo_metric { SLO_PERCENTILE, SLO_MEAN, SLO_MAX, SLO_ERRORS, SLO_RATE, SLO_THROUGHPUT };

/* In what a limit and a value are counted. */
enum slo_unit { SLO_NS, SLO_PERCENT, SLO_PER_SECOND };

enum slo_operator { SLO_BELOW, SLO_AT_MOST, SLO_ABOVE, SLO_AT_LEAST };

struct slo_criterion {
    const char *text;   /* as it was written, without blanks around it */
    const char *target; /* NULL: of the whole run */
    size_t offset;      /* of the text in the expression */
    enum slo_metric metric;
    uint32_t per_million; /* SLO_PERCENTILE: 990000 is the 99th */
    enum slo_operator op;
    enum slo_unit unit; /* SLO_RATE and SLO_THROUGHPUT in SLO_PERCENT: of the rate asked for */
    double limit;
};

enum { SLO_CRITERIA_MAX = 32, SLO_TEXT_MAX = 4095 };

struct slo {
    const char *text; /* the whole expression */
    size_t count;     /* at least 1 */
    struct slo_criterion list[SLO_CRITERIA_MAX];
};

/* NULL: err is set. */
struct slo *slo_parse(const char *text, struct err *err);
void slo_destroy(struct slo *slo);

/* Is this value on the right side of the limit? Never, when it is not a number. */
bool slo_is_within(const struct slo_criterion *criterion, double value);

#endif
