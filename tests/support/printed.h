/*
 * printed - collects as a string what is printed to a FILE.
 *
 *     struct printed printed = {0};
 *     capacity_print_trial(record, 3, printed_open(&printed));
 *     ck_assert_str_eq(printed_close(&printed), "...");
 *     printed_free(&printed);
 *
 * For Check's tests: a failure fails the calling test.
 */
#ifndef TESTS_SUPPORT_PRINTED_H
#define TESTS_SUPPORT_PRINTED_H

#include <stddef.h>
#include <stdio.h>

struct report;
struct summary;

struct printed {
    char *text; /* complete once it is closed */
    size_t length;
    FILE *out;
};

/* Returns an empty FILE to print to. The previous text is freed. */
FILE *printed_open(struct printed *printed);

/* Returns the text. */
char *printed_close(struct printed *printed);

void printed_free(struct printed *printed);

/* The report on the summary, without a verdict on objectives. The caller's to free. */
char *printed_report(const struct report *report, const struct summary *summary);

#endif
