/*
 * slo - the language of service level objectives, parsed here and judged by judge.h.
 *
 *     p99<20ms,errors<0.1%,throughput>=99%,get-health:p95<=5ms
 *
 * Criteria are separated by commas; blanks between words are ignored. Times and errors have upper
 * limits (< or <=), rate and throughput lower ones (> or >=):
 *
 *     p50 p99 p99.9 ...   percentile of the latencies, to four decimals      20ms
 *     mean max            of the latencies                                   20ms
 *     errors              share of the intended requests without success      0.1%
 *     rate                requests per second, as sent                       500 or 99%
 *     throughput          successes per second                               500 or 99%
 *
 * A percentage of rate or throughput refers to the scheduled rate. For times and errors, a target's
 * name and a colon before the criterion select that target's row (rows.h). A name that contains < >
 * = or , must be in double quotes; a quoted name cannot contain ".
 *
 * Errors: ERR_USAGE with what was expected, and where (point.h). Threads: any. Memory:
 * slo_destroy; it keeps a copy of the text.
 */
#ifndef LOADGEN_VERDICT_SLO_H
#define LOADGEN_VERDICT_SLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum slo_metric { SLO_PERCENTILE, SLO_MEAN, SLO_MAX, SLO_ERRORS, SLO_RATE, SLO_THROUGHPUT };

/* Unit of a limit and its value. */
enum slo_unit { SLO_NS, SLO_PERCENT, SLO_PER_SECOND };

enum slo_operator { SLO_BELOW, SLO_AT_MOST, SLO_ABOVE, SLO_AT_LEAST };

struct slo_criterion {
    const char *text;   /* as written, without surrounding blanks */
    const char *target; /* NULL: the whole run */
    size_t offset;      /* of `text` in the expression, in bytes */
    enum slo_metric metric;
    uint32_t per_million; /* SLO_PERCENTILE: 990000 is the 99th */
    enum slo_operator op;
    enum slo_unit unit; /* SLO_RATE, SLO_THROUGHPUT: SLO_PERCENT is of the scheduled rate */
    double limit;
};

enum { SLO_CRITERIA_MAX = 32, SLO_TEXT_MAX = 4095 };

struct slo {
    const char *text; /* the whole expression */
    size_t count;     /* at least 1 */
    struct slo_criterion list[SLO_CRITERIA_MAX];
};

/* NULL with err set on failure. */
struct slo *slo_parse(const char *text, struct err *err);
void slo_destroy(struct slo *slo);

/* True if the value satisfies the limit; never for NAN. */
bool slo_is_within(const struct slo_criterion *criterion, double value);

#endif
