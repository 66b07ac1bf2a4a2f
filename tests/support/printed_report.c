#include "tests/support/printed_report.h"

#include <check.h>
#include <stdio.h>

char *printed_report(const struct report *report, const struct summary *summary)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    ck_assert(report->write(summary, NULL, out));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}
