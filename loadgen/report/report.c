#include "loadgen/report/report.h"

const enum outcome report_kinds[OUTCOMES_ALL] = {
    OUTCOME_DNS,       OUTCOME_CONNECT, OUTCOME_RESET,    OUTCOME_CLOSED,
    OUTCOME_TIMED_OUT, OUTCOME_TLS,     OUTCOME_PROTOCOL, OUTCOME_ANSWERED,
};

bool report_is_bare(const struct tally *tally)
{
    return tally->bare > 0 && tally->bare == tally->counters.ended;
}

const char *report_row_name(const struct rows *rows, size_t row)
{
    return row == ROWS_OTHER && rows->others == 0 ? "not known" : rows_name(rows, row);
}

const char *report_row_mark(const struct rows *rows, size_t row)
{
    return rows_is_partial(rows, row) ? " (partial)" : "";
}
