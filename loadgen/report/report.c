#include "loadgen/report/report.h"

#include <string.h>

static const struct report *const reports[] = {&report_text, &report_json};

const struct report *report_find(const char *name, struct err *err)
{
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        if (strcmp(reports[i]->name, name) == 0) {
            return reports[i];
        }
    }
    bool is_vegetas = strncmp(name, "hist", 4) == 0 || strcmp(name, "hdrplot") == 0;
    err_set(err, ERR_USAGE,
            is_vegetas ? "report type \"%s\" is not there yet; use text or json"
                       : "unknown report type \"%s\"; use text or json",
            name);
    return NULL;
}
