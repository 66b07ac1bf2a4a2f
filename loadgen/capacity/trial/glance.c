#include "loadgen/capacity/trial/glance.h"

#include <math.h>

#include "common/clock.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"

enum { RATE_SCALE = 1000 };    /* rates are whole numbers per RATE_SCALE seconds */
enum { FLOOD_PER_S = 100000 }; /* iterations: more than users can run; the surplus is dropped */

struct rate glance_rate(double per_s)
{
    return (struct rate){(uint64_t)llround(per_s * RATE_SCALE), RATE_SCALE * NS_PER_S};
}

bool glance_run(struct glance_target *target, const struct schedule *schedule, uint64_t max_workers,
                const struct observer *observer, struct summary *summary, struct err *err)
{
    struct plan plan = *target->order->plan;
    struct order order = *target->order;
    order.plan = &plan;
    plan.warmup = (struct schedule){0};
    if (target->iterations) {
        *target->iterations = *schedule;
    } else {
        plan.schedule = *schedule;
        plan.max_workers = max_workers;
    }
    const struct order_runner *runner = target->runner;
    bool ok = runner->run(runner->context, &order, target->driver_type, target->control, observer,
                          NULL, summary, err);
    target->is_interrupted = target->is_interrupted || summary->is_interrupted;
    if (summary->is_interrupted) {
        *err = (struct err){.code = ERR_NONE}; /* workers were still awaited */
    }
    return ok && !target->is_interrupted;
}

/*
 * Fails because nothing was answered. The error quotes how a request failed, or else an error of a
 * script.
 */
static bool refuse_silence(const struct summary *summary, struct err *err)
{
    const struct tally *tally = summary->tally;
    const struct exceptions *exceptions = &summary->exceptions;
    bool is_script = tally->error_count == 0 && exceptions->count > 0;
    const char *reason = is_script                ? exceptions->list[0].message
                         : tally->error_count > 0 ? tally->errors[0].text
                                                  : "";
    if (tally->counters.answered > 0) {
        return true;
    }
    err->is_quoted = is_script;
    return err_set(err, ERR_FAILED, "no warm-up request was answered%s%s", *reason ? ": " : "",
                   reason);
}

static struct glance look(const struct summary *summary, uint64_t duration_ns)
{
    const struct tally *tally = summary->tally;
    double seconds = (double)duration_ns / NS_PER_S;
    double ended = (double)tally->counters.ended;
    return (struct glance){
        .successes_per_s = (double)tally_successes(tally) / seconds,
        .answers_per_s = (double)tally->counters.answered / seconds,
        .response_ns = histogram_percentile(&tally->response, 500000),
        .has_errors = tally_successes(tally) < tally->counters.ended,
        .cpu_share = generator_cpu_share(&summary->generator),
        .request_ns = (uint64_t)(summary->generator.cpu_seconds * NS_PER_S / ended),
    };
}

static bool glance(struct glance_target *target, const struct schedule *schedule,
                   uint64_t max_workers, struct glance *seen, struct err *err)
{
    const struct observer observer = {0};
    *seen = (struct glance){.has_errors = true};
    struct summary *summary = summary_create();
    if (!summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    bool ok = glance_run(target, schedule, max_workers, &observer, summary, err) &&
              refuse_silence(summary, err);
    if (ok) {
        *seen = look(summary, schedule->duration_ns);
        if (target->iterations) {
            seen->answers_per_s = seen->successes_per_s =
                (double)summary->iterations * (double)NS_PER_S / (double)schedule->duration_ns;
        }
    }
    summary_destroy(summary);
    return ok;
}

bool glance_closed(struct glance_target *target, uint64_t duration_ns, unsigned workers,
                   struct glance *seen, struct err *err)
{
    const struct schedule closed = {
        .type = SCHEDULE_CONSTANT,
        .duration_ns = duration_ns,
        .rate = {target->iterations ? FLOOD_PER_S : 0, NS_PER_S},
    };
    return glance(target, &closed, workers, seen, err);
}

bool glance_at(struct glance_target *target, double rate, unsigned requests, struct glance *seen,
               struct err *err)
{
    const struct schedule slow = {
        .type = SCHEDULE_CONSTANT,
        .duration_ns = (uint64_t)(requests / rate * NS_PER_S),
        .rate = glance_rate(rate),
    };
    return glance(target, &slow, UINT64_MAX, seen, err);
}
