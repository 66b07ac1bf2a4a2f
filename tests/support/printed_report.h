/*
 * printed_report - what a report prints.
 *
 * For Check's tests: a failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_PRINTED_REPORT_H
#define TESTS_SUPPORT_PRINTED_REPORT_H

#include "loadgen/report/report.h"

/* The report on the summary, without a verdict on objectives. The caller's to free. */
char *printed_report(const struct report *report, const struct summary *summary);

#endif
