#include "loadgen/command/judge.h"

#include <stdio.h>
#include <string.h>

#include "common/cli.h"
#include "loadgen/report/point.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/report/verdict.h"

bool judge_read(const char *text, struct slo **slo, struct err *err)
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
    snprintf(what, sizeof what, "expected the name of a target; the nearest is %s",
             cli_nearest(criterion->target, row_name, rows));
    return point_at(slo->text, criterion->offset, what, err);
}

bool judge_check(const struct slo *slo, const struct targets *targets,
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
                     "expected a number per second: -rate 0 asks for no rate to take a part of",
                     err);
            return err_prefix(err, "-slo");
        }
    }
    return true;
}

struct judge_watch judge_watch_begin(const struct slo *slo, const struct targets *targets,
                                     bool take_turns, const struct schedule *schedule)
{
    struct judge_watch watch = {.slo = slo, .rows = &targets->rows};
    if (slo && schedule->duration_ns > 0) {
        watch.intended = schedule_count(schedule, schedule->duration_ns);
    }
    watch.has_shares = take_turns && watch.intended > 0;
    if (watch.has_shares) {
        targets_count_turns(targets, watch.intended, watch.shares);
    }
    return watch;
}

bool judge_may_be_met(const struct judge_watch *watch, const struct second *second)
{
    const struct slo_progress progress = {
        .tally = second->total,
        .rows = watch->rows,
        .intended = watch->intended,
        .row_shares = watch->has_shares ? watch->shares : NULL,
    };
    return !watch->slo || !slo_find_hopeless(watch->slo, &progress);
}

bool judge_end(const struct slo_verdict *verdict, const struct summary *summary, struct err *err)
{
    char missed[320];
    if (verdict->is_met) {
        return true;
    }
    slo_print_missed(verdict, missed, sizeof missed);
    struct verdict generator = verdict_of(summary);
    bool is_limit = generator.is_known && generator.is_limited;
    return err_set(
        err, is_limit ? ERR_GENERATOR_LIMIT : ERR_SLO_MISSED, "the SLO was missed%s: %s%s%s",
        summary->is_aborted ? ", and the run aborted when it could not be met any more" : "",
        missed, is_limit ? ". " : "", is_limit ? generator.why : "");
}
