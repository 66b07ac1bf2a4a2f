#include "loadgen/report/report.h"

#include <string.h>

#include "loadgen/report/buckets_text.h"

static const struct report *const reports[] = {
    &report_text, &report_json, &report_hist, &report_hdrplot, &report_hdr_log,
};

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

/* The report with the name that stands before a bracket, if there is one. */
static const struct report *find(const char *type, size_t length, struct err *err)
{
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        const char *name = reports[i]->name;
        bool may_go_on = reports[i] == &report_hist || type[length] == '\0';
        if (strlen(name) == length && strncmp(name, type, length) == 0 && may_go_on) {
            return reports[i];
        }
    }
    err_set(err, ERR_USAGE,
            "unknown report type \"%s\"; use text, json, hist[0,10ms,100ms], hdrplot or hdrlog",
            type);
    return NULL;
}

static bool choose(struct report_choice *choice, const char *type, bool has_buckets,
                   struct err *err)
{
    size_t length = strcspn(type, "[");
    choice->report = find(type, length, err);
    if (!choice->report || choice->report != &report_hist || (has_buckets && !type[length])) {
        return choice->report != NULL;
    }
    if (has_buckets) {
        return err_set(err, ERR_USAGE, "\"%s\" has buckets, and so has -buckets; leave one out",
                       type);
    }
    return buckets_parse(&choice->buckets, type, length, err);
}

bool report_choose(struct report_choice *choice, const char *flag, const char *type,
                   const char *buckets, struct err *err)
{
    *choice = (struct report_choice){0};
    if (!choose(choice, type, buckets[0] != '\0', err)) {
        return err_prefix(err, "%s", flag);
    }
    if (buckets[0] != '\0' && !buckets_parse(&choice->buckets, buckets, 0, err)) {
        return err_prefix(err, "-buckets");
    }
    return true;
}
