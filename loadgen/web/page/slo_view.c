#include "loadgen/web/page/slo_view.h"

#include "loadgen/measure/summary.h"
#include "loadgen/report/slo_print.h"
#include "loadgen/verdict/judge.h"
#include "loadgen/web/board/board.h"

static bool is_known_now(const struct slo_criterion *criterion)
{
    bool is_of_rate = criterion->metric == SLO_RATE || criterion->metric == SLO_THROUGHPUT;
    return !criterion->target && !(is_of_rate && criterion->unit == SLO_PERCENT);
}

static bool is_judged(const struct board *board)
{
    return board->slo && board_is_on(board) && board->order.kind != RUN_CAPACITY &&
           board->stats.total->counters.ended > 0;
}

static void put_off(json_t *finding)
{
    static const char *const keys[] = {"held", "value", "response", "certain"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_object_set_new(finding, keys[i], json_null());
    }
    json_object_set_new(finding, "why", json_string("judged at the end"));
}

json_t *slo_view(const struct board *board)
{
    const struct summary summary = {
        .tally = board->stats.total,
        .generator = board->generator,
        .is_going_on = true,
    };
    if (!is_judged(board)) {
        return json_null();
    }
    const struct slo_verdict verdict = slo_judge(board->slo, &summary);
    json_t *report = json_object();
    slo_print_json(&verdict, report);
    json_t *list = json_incref(json_object_get(report, "slo"));
    for (size_t i = 0; i < verdict.count; i++) {
        if (!is_known_now(verdict.list[i].criterion)) {
            put_off(json_array_get(list, i));
        }
    }
    json_decref(report);
    return list;
}
