/* loadgen run: runs the users of a scenario. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/process/file_limit.h"
#include "loadgen/command/cluster/place.h"
#include "loadgen/command/command.h"
#include "loadgen/command/exceptions_output.h"
#include "loadgen/command/flags/run_flags.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/command/scenario/scenario_order.h"
#include "loadgen/command/scenario/setup.h"
#include "loadgen/command/session/locust_output.h"
#include "loadgen/command/session/session.h"
#include "loadgen/drive/cargo.h"
#include "loadgen/run/runner.h"
#include "loadgen/users/driver.h"
#include "loadgen/users/prepare.h"
#include "loadgen/users/show.h"

/* The scenario's file; NULL with err. */
static const char *find_file(const struct command_line *line, const struct run_options *options,
                             struct err *err)
{
    if (line->operand_count + (options->file != NULL) > 1) {
        err_set(err, ERR_USAGE, "more than one scenario: \"%s\" and \"%s\"",
                options->file ? options->file : line->operands[0],
                line->operands[options->file ? 0 : 1]);
        return NULL;
    }
    if (line->operand_count == 0 && !options->file) {
        err_set(err, ERR_USAGE,
                "the scenario is missing; for example: loadgen run scenario.lua -u 10 -r 1 -t 1m "
                "-H http://127.0.0.1:5000");
        return NULL;
    }
    return options->file ? options->file : line->operands[0];
}

/* State for the steps before and after the run. */
struct frame {
    struct users_order *users;
    struct err stop; /* of test_stop; like any error of a script, it does not invalidate the run */
};

/* Runs test_start, and skips the run if it called quit(). */
static bool before(void *context, const struct order *order, const struct control *control,
                   struct err *err)
{
    struct users_order *users = ((struct frame *)context)->users;
    return setup_start(users, order, control, err) && !users->is_quitting;
}

static bool after(void *context, const struct order *order, const struct control *control,
                  const struct summary *summary, struct err *err)
{
    struct frame *frame = context;
    (void)err;
    setup_stop(frame->users, order, control, summary, &frame->stop);
    return true;
}

/* One user of each class runs each task once. */
static bool check(struct frame *frame, const struct order *order, struct err *err)
{
    const struct control control = {.stop_fd = -1};
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    if (!summary) {
        return err_set(err, ERR_FAILED, "not enough memory for histograms");
    }
    bool begins = before(frame, order, &control, err);
    bool ok = err->code == ERR_NONE;
    if (begins) {
        ok = run(order, &driver_users, &control, &observer, NULL, summary, err);
        ok = after(frame, order, &control, summary, err) && ok;
    }
    summary_destroy(summary);
    return ok;
}

static bool measure(const struct run_options *options, struct frame *frame, struct session *session,
                    const struct order *order, struct err *err)
{
    static const struct session_parts parts = {before, after};
    const struct locust_options locust = {
        .csv_prefix = options->csv,
        .has_full_history = options->has_full_history,
        .is_periodic = !options->only_summary && (options->prints_stats || options->is_headless),
    };
    if (!locust_output_check(&locust, options->attack.output, err)) {
        return false;
    }
    struct locust_output *output = locust_output_create(&locust, err);
    if (!output) {
        return false;
    }
    session->view = locust_output_view(output);
    session->hides_progress = locust.is_periodic;
    session->parts = &parts;
    session->context = frame;
    bool ok = session_open(session, err) && session_run(session, order, &driver_users, err);
    ok = session_close(session, ok, err);
    locust_output_destroy(output);
    return ok;
}

/*
 * A Shape replaces -u and -r. The number of users that its ticks return is not known in advance, so
 * the limit of open files cannot be checked, only raised.
 */
static void apply_shape(struct run_options *options, const struct users_order *users,
                        struct session *session)
{
    options->users = users->users;
    if (users->shape.is_on && session->cap_flags) {
        session->cap_flags = "the users of the Shape, or set -shared-connections";
    }
    if (users->shape.has_tick) {
        options->users = SHAPE_USERS_MAX;
        session->cap_flags = NULL;
        file_limit_raise();
    }
}

/* Executes the command with an open scenario. */
static bool execute(struct run_options *options, struct frame *frame, struct session *session,
                    const struct targets *targets, struct err *err)
{
    struct users_order *users = frame->users;
    struct plan plan;
    const struct source source = users_source(users);
    const struct order order = {&plan, targets, &source};
    if (options->is_list) {
        return show_classes(users, stdout, err);
    }
    if (options->shows_ratios) {
        return show_ratios(users, stdout, err);
    }
    if (options->is_check) {
        users->check = stdout;
        users->shape = (struct shape){0};
        users->users = options->users = users->class_count;
        options->run_time_ns = 0;
        users->max_requests = users->max_iterations = UINT64_MAX;
        users->schedule.rate.count = 0;
        options->attack.cpus = 1;
    }
    if (!options->is_check && !session->runner->is_here &&
        !driver_users.cargo->check(&source, err)) {
        return false;
    }
    apply_shape(options, users, session);
    return run_plan(options, &plan, err) &&
           (options->is_check ? check(frame, &order, err)
                              : measure(options, frame, session, &order, err));
}

/* Reports an error of test_stop if the command ends with another one. */
static void tell_stop(const struct err *stop, const struct err *err)
{
    if (stop->code != ERR_NONE && (err->code == ERR_NONE || strcmp(stop->text, err->text) != 0)) {
        fprintf(stderr, "loadgen: %s\n", stop->text);
    }
}

/*
 * Finds the error that sets the exit status. In order of precedence: an error of the run itself,
 * the exit code of the scenario, the SLO, errors of scripts, and without an SLO, failed requests.
 */
static bool conclude(const struct run_options *options, const struct session *session,
                     const struct frame *frame, struct err *err)
{
    const struct users_order *users = frame->users;
    const struct report *report = session->choice.report;
    bool has_run =
        err->code == ERR_NONE || err->code == ERR_SLO_MISSED || err->code == ERR_GENERATOR_LIMIT;
    struct err found = {.code = ERR_NONE};
    exceptions_output_print(&users->exceptions, report && report->lists_exceptions, &found);
    if (found.code == ERR_NONE) {
        found = frame->stop;
    }
    if (session->failed > 0 && !options->attack.slo) {
        err_set(&found, ERR_FAILED, "%" PRIu64 " of %" PRIu64 " requests failed", session->failed,
                session->requests);
    }
    if (err->code == ERR_NONE && found.code != ERR_NONE && options->exit_code_on_error > 0) {
        *err = found;
        err->code = (enum err_code)options->exit_code_on_error;
    }
    if (has_run && users->quit_code >= 0) {
        *err = (struct err){.code = ERR_NONE};
    }
    if (has_run && users->quit_code > 0) {
        err_set(err, (enum err_code)users->quit_code, "the scenario ended with quit(%d)",
                users->quit_code);
    }
    tell_stop(&frame->stop, err);
    return err->code == ERR_NONE;
}

static bool run_main(const struct command_line *line, struct err *err)
{
    struct run_options *options = line->options;
    struct attack_options *attack = &options->attack;
    struct session session = {.options = attack,
                              .cap_flags = options->shares_connections ? NULL : OPEN_FILES_USERS,
                              .has_own = !options->shares_connections};
    struct place place = {0};
    struct users_order users;
    struct targets targets = {0};
    bool is_stdout = attack->output && strcmp(attack->output, "stdout") == 0;
    attack->cpus = attack->cpus ? attack->cpus : line->cpus;
    attack->name = NULL;
    attack->encoding = "bin";
    attack->report = attack->report || is_stdout ? attack->report : "text";
    const char *file = session.input = find_file(line, options, err);
    if (!file || !scenario_order(options, &users, err) ||
        !(session.runner = place_open(&place, &attack->cluster, err))) {
        return false;
    }
    struct frame frame = {.users = &users};
    if (users_open(&users, file, &targets, err)) {
        execute(options, &frame, &session, &targets, err);
    }
    bool ok = conclude(options, &session, &frame, err);
    place_close(&place);
    users_close(&users);
    targets_free(&targets);
    return ok;
}

const struct command command_run = {
    .name = "run",
    .help = "simulate users, as Locust does, and measure the responses",
    .cli = &run_cli,
    .options_size = sizeof(struct run_options),
    .run = run_main,
};
