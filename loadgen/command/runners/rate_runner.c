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
#include "loadgen/run/runner.h"

/* A run, from the request that starts it until the next one. */
struct rate_run {
    const struct order_runner *place;
    struct attack_options options;
    struct workload workload;
    struct plan plan;
    struct changes changes;
    bool has_changes; /* `changes` is initialized */
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
static bool has_files(const struct rate_run *run, struct err *err)
{
    uint64_t cap = plan_cap(&run->plan);
    if (!run->place->is_here) {
        return true;
    }
    if (cap == UINT64_MAX) {
        file_limit_raise();
        return true;
    }
    return open_files_check(cap, 1, OPEN_FILES_SERVE, "-max-workers or -max-connections", err);
}

static bool set_course(struct schedule_flags *flags, const struct run_order *order, struct err *err)
{
    const char *text = order->course_text;
    flags->rate = (struct rate){0};
    flags->arrival = SCHEDULE_CONSTANT;
    bool ok = order->course == COURSE_RAMP   ? schedule_set_ramp(flags, text, err)
              : order->course == COURSE_SINE ? schedule_set_sine(&flags->sine, text, err)
                                             : schedule_set_stages(&flags->stages, text, err);
    return ok || err_prefix(err, "%s", run_course_names[order->course]);
}

/* `flags` initially has the values of the command line. */
static bool set_schedule(struct schedule_flags *flags, const struct run_order *order,
                         struct err *err)
{
    flags->duration_ns = order->run_time_ns;
    if (order->course != COURSE_CONSTANT) {
        return set_course(flags, order, err);
    }
    if (order->arrival != ARRIVAL_DEFAULT) {
        flags->arrival = order->arrival == ARRIVAL_POISSON ? SCHEDULE_POISSON : SCHEDULE_CONSTANT;
    }
    return order->rate_per_s == 0 || order_rate("rate", order->rate_per_s, &flags->rate, err);
}

static bool open_rate(struct rate_run *run, const char *url, const struct run_order *order,
                      struct err *err)
{
    struct attack_options *options = &run->options;
    const struct workload_options workload = attack_workload(options, url);
    return set_schedule(&options->schedule, order, err) &&
           workload_open(&run->workload, &workload, err) && attack_plan(options, &run->plan, err) &&
           tls_check_proxies(&run->plan, &run->workload.targets, err) &&
           address_check_allowed(&run->plan, &run->workload.targets, NULL, err) &&
           has_files(run, err) && (run->has_changes = changes_init(&run->changes, false, err));
}

static void *open_run(void *context, const struct run_order *order, struct err *err)
{
    const struct rate_runner *runner = context;
    struct rate_run *run = memory_of(calloc(1, sizeof *run));
    run->place = runner->place;
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
    return recorded_run(own->place, &order, &driver_agenda, &own->changes, watch, summary, err);
}

/* The end of the run stays the same. A ramp, sine or stages are replaced by a constant rate. */
static bool change_run(void *opened, const struct run_order *order, struct err *err)
{
    struct rate_run *run = opened;
    struct schedule schedule = run->plan.schedule;
    const struct change change = {.schedule = &schedule};
    schedule.duration_ns = 0;
    schedule.type = schedule.type == SCHEDULE_POISSON ? SCHEDULE_POISSON : SCHEDULE_CONSTANT;
    return order_rate("rate", order->rate_per_s, &schedule.rate, err) &&
           changes_request(&run->changes, &change, err);
}

static uint64_t run_time_ns(const void *opened)
{
    const struct rate_run *run = opened;
    return run->plan.schedule.duration_ns;
}

bool rate_runner_open(struct rate_runner *runner, const struct attack_options *options,
                      const char *url, const struct slo *slo, const struct order_runner *place,
                      struct err *err)
{
    *runner = (struct rate_runner){
        .runner =
            {
                .kind = RUN_RATE,
                .context = runner,
                .defaults =
                    {
                        .kind = RUN_RATE,
                        .run_time_ns = options->schedule.duration_ns,
                        .rate_per_s = order_rate_per_s(&options->schedule.rate),
                        .arrival = options->schedule.arrival == SCHEDULE_POISSON ? ARRIVAL_POISSON
                                                                                 : ARRIVAL_CONSTANT,
                    },
                .open = open_run,
                .run = run_it,
                .change = change_run,
                .run_time_ns = run_time_ns,
                .close = close_run,
            },
        .options = options,
        .url = url,
        .place = place,
    };
    struct rate_run *run = open_run(runner, &runner->runner.defaults, err);
    bool ok = run && slo_flag_check(slo, &run->workload.targets, &run->plan.schedule, err);
    close_run(run);
    return ok;
}
