#include "loadgen/command/scenario/setup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/plural.h"
#include "loadgen/base/memory.h"
#include "loadgen/order/plan.h"
#include "loadgen/users/conductor.h"
#include "loadgen/users/driver.h"
#include "loadgen/users/prepare.h"

/* Prints the numbers of requests and failures. */
static void tell(const char *name, const struct summary *summary)
{
    uint64_t requests = summary->tally->counters.ended;
    uint64_t failures = requests - tally_successes(summary->tally);
    if (requests == 0) {
        return;
    }
    fprintf(stderr, "loadgen: %s: %" PRIu64 " %s, %" PRIu64 " failed\n", name, requests,
            plural(requests, "request", "requests"), failures);
    for (size_t i = 0; failures > 0 && i < summary->rows.count; i++) {
        const struct tally_row *row = &summary->tally->rows[i];
        if (row->is_used && row->successes < row->ended) {
            fprintf(stderr, "    %s: %" PRIu64 " of %" PRIu64 " failed\n",
                    rows_name(&summary->rows, i), row->ended - row->successes, row->ended);
        }
    }
}

/* The plan of a run with one user, which ends with it. */
static struct plan plan_of_one(const struct plan *plan)
{
    struct plan own = *plan;
    own.schedule = (struct schedule){.rate = {0, NS_PER_S}};
    own.warmup = (struct schedule){0};
    own.max_workers = 1;
    own.threads = 1;
    own.keeps_answers = false;
    own.max_body = 0;
    own.counts_only = false;
    return own;
}

static bool run_part(struct users_order *users, enum conductor_part part,
                     const struct numbers *numbers, const struct order *order,
                     const struct control *control, struct err *err)
{
    struct summary *summary = summary_create();
    if (!summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    const struct plan plan = plan_of_one(order->plan);
    const struct source source = users_source(conductor_begin(users, part, numbers));
    const struct order own = {&plan, order->targets, &source};
    const struct observer observer = {0};
    bool ok = run(&own, &driver_users, control, &observer, NULL, summary, err);
    ok = conductor_end(users, summary->is_interrupted, err) && ok;
    if (!users->check) {
        tell(conductor_name(part), summary);
    }
    summary_destroy(summary);
    return ok;
}

bool setup_start(struct users_order *users, const struct order *order,
                 const struct control *control, struct err *err)
{
    return !conductor_has(users->conductor, CONDUCTOR_START) ||
           run_part(users, CONDUCTOR_START, NULL, order, control, err);
}

/* The results of the run. */

static double seconds(uint64_t ns)
{
    return (double)ns / NS_PER_S;
}

static void count_times(struct numbers_row *row, const struct histogram *latency)
{
    row->mean = seconds(histogram_mean(latency));
    row->p50 = seconds(histogram_percentile(latency, 500000));
    row->p95 = seconds(histogram_percentile(latency, 950000));
    row->p99 = seconds(histogram_percentile(latency, 990000));
    row->max = latency->count > 0 ? seconds(latency->max_ns) : 0;
}

static struct numbers make_numbers(const struct summary *summary)
{
    const struct tally *tally = summary->tally;
    size_t count = tally->rows ? ROWS_ALL : 0;
    struct numbers numbers = {
        .total =
            {
                .requests = tally->counters.ended,
                .failures = tally->counters.ended - tally_successes(tally),
                .rate = summary_rate(summary),
            },
        .rows = memory_of(calloc(count + 1, sizeof numbers.rows[0])),
    };
    count_times(&numbers.total, &tally->latency);
    for (size_t i = 0; i < count; i++) {
        const struct tally_row *row = &tally->rows[i];
        if (!row->is_used || row->ended == 0) {
            continue;
        }
        struct numbers_row *own = &numbers.rows[numbers.count++];
        own->name = rows_name(&summary->rows, i);
        own->requests = row->ended;
        own->failures = row->ended - row->successes;
        own->rate = numbers.total.rate * (double)row->ended / (double)numbers.total.requests;
        count_times(own, &row->latency);
    }
    return numbers;
}

bool setup_stop(struct users_order *users, const struct order *order, const struct control *control,
                const struct summary *summary, struct err *err)
{
    if (!conductor_has(users->conductor, CONDUCTOR_STOP)) {
        return true;
    }
    struct numbers numbers = make_numbers(summary);
    bool ok = run_part(users, CONDUCTOR_STOP, &numbers, order, control, err);
    free(numbers.rows);
    return ok;
}
