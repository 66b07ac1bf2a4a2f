#include "loadgen/capacity/compare/capacity_file.h"

#include "loadgen/capacity/capacity_report.h"

static bool is_result(const json_t *report)
{
    const json_t *searches = json_object_get(report, "searches");
    const json_t *width = json_object_get(json_object_get(report, "settings"), "width");
    return json_integer_value(json_object_get(report, "format")) == CAPACITY_FORMAT &&
           json_array_size(searches) > 0 && json_number_value(width) > 0;
}

json_t *capacity_file_read(const char *path, struct err *err)
{
    json_error_t problem;
    json_t *report = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (!report) {
        if (problem.line < 0) { /* the file could not be opened; the text names it */
            err_set(err, ERR_FAILED, "%s", problem.text);
        } else {
            err_set(err, ERR_FAILED, "%s: line %d: %s", path, problem.line, problem.text);
        }
        return NULL;
    }
    if (!is_result(report)) {
        json_decref(report);
        err_set(err, ERR_FAILED, "%s is not a JSON report of loadgen capacity", path);
        return NULL;
    }
    return report;
}
