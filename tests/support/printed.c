#include "tests/support/printed.h"

#include <check.h>
#include <stdlib.h>

#include "loadgen/report/report.h"

FILE *printed_open(struct printed *printed)
{
    printed_free(printed);
    printed->out = open_memstream(&printed->text, &printed->length);
    ck_assert_ptr_nonnull(printed->out);
    return printed->out;
}

char *printed_close(struct printed *printed)
{
    ck_assert_int_eq(fclose(printed->out), 0);
    return printed->text;
}

void printed_free(struct printed *printed)
{
    free(printed->text);
    *printed = (struct printed){0};
}

char *printed_report(const struct report *report, const struct summary *summary)
{
    struct printed printed = {0};
    ck_assert(report->write(summary, NULL, printed_open(&printed)));
    return printed_close(&printed);
}
