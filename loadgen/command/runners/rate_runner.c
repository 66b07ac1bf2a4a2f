#include "loadgen/command/runners/rate_runner.h"

#include <stdlib.h>

#include "common/process/file_limit.h"
#include "loadgen/agenda/driver.h"
#include "loadgen/base/memory.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/command/runners/order_rate.h"
#include "loadgen/command/runners/recorded_run.h"
#include "loadgen/command/runners/runner_error.h"
#include "loadgen/command/session/slo_flag.h"
#include "loadgen/order/order.h"
#include "loadgen/run/changes.h"

/* A run, from the request that starts it until the next one. */
struct rate_run {
    struct attack_options options;
    struct workload workload;
    struct plan plan;
    struct changes changes;
    bool has_changes; /* `changes` is initialised */
};

static void close_run(void *opened)
{
    struct rate_run *run = opened;
    if (run) {
        if (run->has_changes) {
            changes_fini(&run->changes);
        }
        workload_close(&run->workload, NULL);
        free(run);
    }
}

/* The number of connections is known in advance only with a cap. */
static bool has_files(const struct plan *plan, struct err *err)
{
    uint64_t cap = plan_cap(plan);
    if (cap == UINT64_MAX) {
        file_limit_raise();
        return true;
    }
    return open_files_check(cap, 1, OPEN_FILES_SERVE, "-max-workers or -max-connections", err);
}

static bool open_rate(struct rate_run *run, const char *url, const struct run_order *order,
                      struct err *err)
{
    struct attack_options *options = &run->options;
    struct rate *rate = &options->schedule.rate; /* initially that of the command line */
    const struct workload_options workload = attack_workload(options, url);
    options->schedule.duration_ns = order->run_time_ns;
    return (order->rate_per_s == 0 || order_rate("rate", order->rate_per_s, rate, err)) &&
           workload_open(&run->workload, &workload, err) && attack_plan(options, &run->plan, err) &&
           tls_check_proxies(&run->plan, &run->workload.targets, err) &&
           address_check_allowed(&run->plan, &run->workload.targets, NULL, err) &&
           has_files(&run->plan, err) &&
           (run->has_changes = changes_init(&run->changes, false, err));
}

static void *open_run(void *context, const struct run_order *order, struct err *err)
{
    const struct rate_runner *runner = context;
    struct rate_run *run = memory_of(calloc(1, sizeof *run));
    run->options = *runner->options;
    run->workload.fd = -1;
    if (!open_rate(run, runner->url, order, err)) {
        runner_error_name(err);
        close_run(run);
        return NULL;
    }
    return run;
}

static bool run_it(void *opened, const struct run_watch *watch, struct summary *summary,
                   struct err *err)
{
    struct rate_run *own = opened;
    const struct order order = {&own->plan, &own->workload.targets, &own->workload.source};
    return recorded_run(&order, &driver_agenda, &own->changes, watch, summary, err);
}

/* Does not move the end of the run. */
static bool change_run(void *opened, const struct run_order *order, struct err *err)
{
    struct rate_run *run = opened;
    struct schedule schedule = run->plan.schedule;
    const struct change change = {.schedule = &schedule};
    schedule.duration_ns = 0;
    return order_rate("rate", order->rate_per_s, &schedule.rate, err) &&
           changes_request(&run->changes, &change, err);
}

bool rate_runner_open(struct rate_runner *runner, const struct attack_options *options,
                      const char *url, const struct slo *slo, struct err *err)
{
    *runner = (struct rate_runner){
        .runner =
            {
                .kind = RUN_RATE,
                .context = runner,
                .defaults = {.kind = RUN_RATE,
                             .rate_per_s = order_rate_per_s(&options->schedule.rate)},
                .open = open_run,
                .run = run_it,
                .change = change_run,
                .close = close_run,
            },
        .options = options,
        .url = url,
    };
    struct rate_run *run = open_run(runner, &runner->runner.defaults, err);
    bool ok = run && slo_flag_check(slo, &run->workload.targets, &run->plan.schedule, err);
    close_run(run);
    return ok;
}
