/*
 * report_choice - the list of report formats, and the choice of one by -type or -report.
 *
 * Threads: set-up only. Memory: none.
 */
#ifndef LOADGEN_REPORT_REPORT_CHOICE_H
#define LOADGEN_REPORT_REPORT_CHOICE_H

#include "common/err.h"
#include "loadgen/report/report.h"

/* The requested report. The caller sets its buckets in the tally before the first result. */
struct report_choice {
    const struct report *report;
    struct buckets buckets; /* required by hist, allowed for json, else ignored; count 0: none */
};

/*
 * Finds the report of this type: a name, or hist[0,1ms,10ms]. If has_buckets, the caller has
 * buckets (buckets_text.h) and hist may lack its own. ERR_USAGE for an unknown type or invalid
 * buckets.
 */
bool report_choose(struct report_choice *choice, const char *type, bool has_buckets,
                   struct err *err);

#endif
