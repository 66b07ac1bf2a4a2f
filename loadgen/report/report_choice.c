#include "loadgen/report/report_choice.h"

#include <string.h>

#include "loadgen/report/buckets_text.h"

static const struct report *const reports[] = {
    &report_text, &report_json, &report_hist, &report_hdrplot, &report_hdr_log,
};

/* The report named by the first `length` bytes of `type`; only hist may have a bracket after it. */
static const struct report *find(const char *type, size_t length, struct err *err)
{
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        const char *name = reports[i]->name;
        bool may_have_more = reports[i] == &report_hist || type[length] == '\0';
        if (strlen(name) == length && strncmp(name, type, length) == 0 && may_have_more) {
            return reports[i];
        }
    }
    err_set(err, ERR_USAGE,
            "unknown report type \"%s\"; use text, json, hist[0,10ms,100ms], hdrplot or hdrlog%s",
            type, strcmp(type, "plot") == 0 ? "; loadgen plot draws charts" : "");
    return NULL;
}

bool report_choose(struct report_choice *choice, const char *type, bool has_buckets,
                   struct err *err)
{
    size_t length = strcspn(type, "[");
    *choice = (struct report_choice){.report = find(type, length, err)};
    if (!choice->report || choice->report != &report_hist || (has_buckets && !type[length])) {
        return choice->report != NULL;
    }
    return buckets_parse(&choice->buckets, type, length, err);
}
