#include "tests/support/judged.h"

#include <check.h>
#include <string.h>

#include "common/clock.h"

struct summary *judged_create(void)
{
    struct summary *summary = summary_create();
    summary->has_plan = true;
    rows_add(&summary->rows, "a");
    rows_add(&summary->rows, "b");
    return summary;
}

void judged_clear(struct summary *summary)
{
    tally_clear(summary->tally);
    memset(summary->rows_not_started, 0, sizeof summary->rows_not_started);
    summary->intended = 0;
    summary->started = 0;
    summary->not_started = 0;
}

void judged_add(struct summary *summary, unsigned count, uint16_t row, uint16_t code,
                uint64_t latency_ns)
{
    for (unsigned i = 0; i < count; i++) {
        struct result result = {
            .intended_ns = summary->tally->counters.ended * NS_PER_MS,
            .service_ns = latency_ns,
            .row = row,
            .code = code,
            .outcome = code ? OUTCOME_ANSWERED : OUTCOME_CONNECT,
        };
        tally_add(summary->tally, &result);
    }
    summary->intended = summary->tally->counters.ended + summary->not_started;
    summary->started = summary->tally->counters.ended;
}

void judged_add_late(struct summary *summary, unsigned count, uint16_t row, uint64_t lag_ns,
                     uint64_t service_ns)
{
    for (unsigned i = 0; i < count; i++) {
        struct result result = {
            .intended_ns = summary->tally->counters.ended * NS_PER_MS,
            .lag_ns = lag_ns,
            .service_ns = service_ns,
            .row = row,
            .code = 200,
        };
        tally_add(summary->tally, &result);
        summary->intended++;
        summary->started++;
    }
}

void judged_add_failed(struct summary *summary, unsigned count, uint16_t row, const char *text)
{
    const char *error = text_pool_intern(&summary->texts, text);
    for (unsigned i = 0; i < count; i++) {
        struct result result = {
            .intended_ns = summary->tally->counters.ended * NS_PER_MS,
            .service_ns = 50 * NS_PER_US,
            .row = row,
            .outcome = OUTCOME_CONNECT,
            .error = error,
        };
        tally_add(summary->tally, &result);
        summary->intended++;
        summary->started++;
    }
}

void judged_not_started(struct summary *summary, uint64_t count, uint16_t row)
{
    summary->rows_not_started[row] += count;
    summary->not_started += count;
    summary->intended += count;
}

struct slo_finding judged_by(const struct summary *summary, const char *text, struct slo **slo)
{
    struct err err = {0};
    slo_destroy(*slo);
    *slo = slo_parse(text, &err);
    ck_assert_msg(*slo != NULL, "%s", err.text);
    struct slo_verdict verdict = slo_judge(*slo, summary);
    ck_assert_uint_eq(verdict.count, 1);
    ck_assert(verdict.is_met == verdict.list[0].is_held);
    return verdict.list[0];
}
