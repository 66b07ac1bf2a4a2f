#include "loadgen/command/runners/users_runner.h"

#include <stdlib.h>
#include <string.h>

#include "common/process/file_limit.h"
#include "loadgen/base/memory.h"
#include "loadgen/command/flags/run_flags.h"
#include "loadgen/command/runners/order_arguments.h"
#include "loadgen/command/runners/recorded_run.h"
#include "loadgen/command/runners/runner_error.h"
#include "loadgen/command/scenario/scenario_order.h"
#include "loadgen/command/scenario/setup.h"
#include "loadgen/command/scenario/user_limits.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/measure/summary.h"
#include "loadgen/order/order.h"
#include "loadgen/run/changes.h"
#include "loadgen/run/runner.h"
#include "loadgen/users/driver.h"
#include "loadgen/users/prepare.h"
#include "loadgen/users/show.h"

/* A run, from the request that starts it until the next one. */
struct users_run {
    const struct order_runner *place;
    struct run_options options;
    struct run_arguments arguments;
    char *host;
    struct users_order users;
    struct targets targets;
    struct plan plan;
    struct source source;
    struct changes changes;
    bool has_changes; /* `changes` is initialized */
};

static void close_run(void *opened)
{
    struct users_run *run = opened;
    if (run) {
        if (run->has_changes) {
            changes_fini(&run->changes);
        }
        users_close(&run->users);
        targets_free(&run->targets);
        free(run->host);
        free(run);
    }
}

static bool choose(struct users_run *run, const struct run_order *order, struct err *err)
{
    struct run_options *options = &run->options;
    if (order->users > 0) {
        options->users = order->users;
        options->spawn_per_s = order->spawn_per_s;
    }
    options->run_time_ns = order->run_time_ns;
    if (order->host) {
        options->host = run->host = memory_of(strdup(order->host));
    }
    return order_arguments(order, &run->arguments, &options->arguments, err);
}

/*
 * Clients can change the number of users, unless a Shape does, or workers share by that number what
 * users do.
 */
static void apply_shape(struct users_run *run)
{
    bool is_shared = !run->place->is_here && !users_can_move(&run->users);
    run->users.is_elastic = !run->users.shape.is_on && !is_shared;
    bool is_known = !run->users.is_elastic && !run->users.shape.has_tick;
    run->options.users = is_known ? run->users.users : SHAPE_USERS_MAX;
}

static struct user_limits limits_of(const struct users_run *run)
{
    return (struct user_limits){&run->plan, &run->targets, true};
}

/* The number of users that a tick returns is not known in advance. */
static bool has_room(const struct users_run *run, uint64_t users, struct err *err)
{
    const struct user_limits limits = limits_of(run);
    if (!run->place->is_here) {
        return true; /* this machine opens no connections of users */
    }
    if (run->users.shape.has_tick) {
        file_limit_raise();
        return true;
    }
    return run->options.shares_connections || user_limits_check(&limits, users, err);
}

/* The addresses of names are known once the run has begun. */
static bool has_ports(const struct users_run *run, uint64_t users, struct err *err)
{
    const struct user_limits limits = limits_of(run);
    return run->options.shares_connections ||
           user_limits_check_ports(&limits, users, changes_ports(&run->changes), err);
}

static bool open_users(struct users_run *run, const char *file, struct err *err)
{
    if (!scenario_order(&run->options, &run->users, err) ||
        !users_open(&run->users, file, &run->targets, err)) {
        return false;
    }
    apply_shape(run);
    return run_plan(&run->options, &run->plan, err) &&
           tls_check_proxies(&run->plan, &run->targets, err) &&
           address_check_allowed(&run->plan, &run->targets, "users.host", err) &&
           has_room(run, run->users.users, err) &&
           (run->has_changes = changes_init(&run->changes, true, err));
}

static void *open_run(void *context, const struct run_order *order, struct err *err)
{
    const struct users_runner *runner = context;
    struct users_run *run = memory_of(calloc(1, sizeof *run));
    run->place = runner->place;
    run->options = *runner->options;
    run->source = users_source(&run->users);
    if (!choose(run, order, err) || !open_users(run, runner->file, err)) {
        runner_error_name(err);
        close_run(run);
        return NULL;
    }
    return run;
}

/* False only if test_start failed. A stop by a client and quit() are not errors. */
static bool is_in_order(const struct users_run *run, struct err *err)
{
    if (run->users.is_interrupted) {
        *err = (struct err){.code = ERR_NONE};
    }
    return err->code == ERR_NONE;
}

static bool run_it(void *opened, const struct run_watch *watch, struct summary *summary,
                   struct err *err)
{
    struct users_run *own = opened;
    const struct order order = {&own->plan, &own->targets, &own->source};
    const struct control control = {.stop_fd = watch->control->stop_fd};
    own->users.log_reader = (struct log_reader){watch->on_lines, watch->context};
    struct err stop = {.code = ERR_NONE};
    if (!setup_start(&own->users, &order, &control, err) || own->users.is_quitting) {
        return is_in_order(own, err);
    }
    bool ok = recorded_run(own->place, &order, &driver_users, &own->changes, watch, summary, err);
    if (summary->is_abandoned) {
        return ok;
    }
    watch->on_ending(watch->context);
    return setup_stop(&own->users, &order, &control, summary, ok ? err : &stop) && ok;
}

static bool change_run(void *opened, const struct run_order *order, struct err *err)
{
    struct users_run *run = opened;
    const struct change change = {.users = order->users, .users_per_s = order->spawn_per_s};
    if (!run->place->is_here && !users_can_move(&run->users)) {
        return err_set(
            err, ERR_USAGE,
            "users: cannot be changed while workers share the rows of a feeder, or a rate "
            "or number of iterations");
    }
    if (!run->users.is_elastic) {
        return err_set(err, ERR_USAGE, "the scenario's Shape sets the number of users");
    }
    if (!has_ports(run, order->users, err) || !has_room(run, order->users, err)) {
        runner_error_name(err);
        return false;
    }
    return changes_request(&run->changes, &change, err);
}

static json_t *show(void *context, uint64_t users, struct err *err)
{
    const struct users_runner *runner = context;
    return show_tasks(&runner->users, users, err);
}

/* Checks the values of the command line when the server starts. */
static bool check_allowed(const struct run_options *options, const struct targets *targets,
                          struct err *err)
{
    struct run_options own = *options;
    struct plan plan;
    return run_plan(&own, &plan, err) && address_check_allowed(&plan, targets, NULL, err);
}

/* Workers cannot run every scenario. */
static bool can_be_sent(struct users_runner *runner, struct err *err)
{
    const struct source source = users_source(&runner->users);
    return runner->place->is_here || driver_users.cargo->check(&source, err);
}

bool users_runner_open(struct users_runner *runner, const struct run_options *options,
                       const char *file, const struct order_runner *place, struct err *err)
{
    *runner = (struct users_runner){
        .runner =
            {
                .kind = RUN_USERS,
                .context = runner,
                .host = options->host,
                .defaults =
                    {
                        .kind = RUN_USERS,
                        .run_time_ns = options->run_time_ns,
                        .users = options->users,
                        .spawn_per_s = options->spawn_per_s,
                    },
                .open = open_run,
                .run = run_it,
                .change = change_run,
                .close = close_run,
                .tasks = show,
            },
        .options = options,
        .file = file,
        .place = place,
    };
    bool ok = scenario_order(options, &runner->users, err) &&
              users_open(&runner->users, file, &runner->targets, err) &&
              check_allowed(options, &runner->targets, err) && can_be_sent(runner, err);
    runner->runner.has_shape = runner->users.shape.is_on;
    runner->runner.arguments = ok ? show_arguments(&runner->users, err) : NULL;
    return runner->runner.arguments != NULL;
}

void users_runner_close(struct users_runner *runner)
{
    json_decref(runner->runner.arguments);
    users_close(&runner->users);
    targets_free(&runner->targets);
}
