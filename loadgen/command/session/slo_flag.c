#include "loadgen/command/session/slo_flag.h"

#include <stdio.h>
#include <string.h>

#include "common/nearest.h"
#include "loadgen/base/point.h"
#include "loadgen/report/generator_text.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/verdict/generator.h"

bool slo_flag_parse(const char *text, struct slo **slo, struct err *err)
{
    *slo = text ? slo_parse(text, err) : NULL;
    return *slo || !text || err_prefix(err, "-slo");
}

static const char *row_name(const void *list, size_t i)
{
    const struct rows *rows = list;
    return i < rows->count ? rows_name(rows, i) : NULL;
}

static bool is_row(const struct rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows_name(rows, i), name) == 0) {
            return true;
        }
    }
    return rows->others > 0 && strcmp(rows_name(rows, ROWS_OTHER), name) == 0;
}

static bool check_target(const struct slo *slo, const struct slo_criterion *criterion,
                         const struct rows *rows, struct err *err)
{
    char what[256];
    if (!criterion->target || is_row(rows, criterion->target)) {
        return true;
    }
    snprintf(what, sizeof what, "expected the name of a target; did you mean %s?",
             nearest_find(criterion->target, row_name, rows));
    return point_at(slo->text, criterion->offset, what, err);
}

bool slo_flag_check(const struct slo *slo, const struct targets *targets,
                    const struct schedule *schedule, struct err *err)
{
    for (size_t i = 0; slo && i < slo->count; i++) {
        const struct slo_criterion *criterion = &slo->list[i];
        if (targets && !check_target(slo, criterion, &targets->rows, err)) {
            return err_prefix(err, "-slo");
        }
        bool is_share = criterion->metric != SLO_ERRORS && criterion->unit == SLO_PERCENT;
        if (is_share && schedule_is_closed(schedule)) {
            point_at(slo->text, criterion->offset,
                     "expected a number per second: with -rate 0 or users, there is no rate to "
                     "take a percentage of",
                     err);
            return err_prefix(err, "-slo");
        }
    }
    return true;
}

bool slo_flag_conclude(const struct slo_verdict *verdict, const struct summary *summary,
                       struct err *err)
{
    char missed[320];
    if (verdict->is_met) {
        return true;
    }
    slo_print_missed(verdict, missed, sizeof missed);
    struct generator_verdict generator = generator_judge(summary, verdict);
    bool is_limit = generator.class == GENERATOR_LIMIT;
    char why[GENERATOR_TEXT];
    generator_verdict_print(&generator, summary, why);
    return err_set(err, is_limit ? ERR_GENERATOR_LIMIT : ERR_SLO_MISSED,
                   "the SLO was missed%s: %s%s%s",
                   summary->is_aborted ? ", so the run was aborted" : "", missed,
                   is_limit ? ". " : "", is_limit ? why : "");
}
