/* loadgen run: runs the users of a scenario. */
#include <inttypes.h>
#include <string.h>

#include "common/plural.h"
#include "loadgen/command/command.h"
#include "loadgen/command/exceptions_output.h"
#include "loadgen/command/flags/field_flags.h"
#include "loadgen/command/flags/run_flags.h"
#include "loadgen/command/process/open_files.h"
#include "loadgen/command/session.h"
#include "loadgen/run/run.h"
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

/* One user of each class runs each task once. */
static bool check(const struct order *order, struct err *err)
{
    const struct control control = {.stop_fd = -1};
    const struct observer observer = {0};
    struct summary *summary = summary_create();
    bool ok = summary ? run(order, &driver_users, &control, &observer, NULL, summary, err)
                      : err_set(err, ERR_FAILED, "not enough memory for histograms");
    summary_destroy(summary);
    return ok;
}

static bool measure(struct session *session, const struct order *order, struct err *err)
{
    bool ok = session_open(session, err) && session_run(session, order, &driver_users, err);
    return session_close(session, ok, err);
}

/* What the flags ask for, with a scenario that is open. */
static bool execute(struct run_options *options, struct users_order *users, struct session *session,
                    const struct targets *targets, struct err *err)
{
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
        users->users = options->users = users->class_count;
        options->run_time_ns = 0;
        users->max_requests = users->max_iterations = UINT64_MAX;
        users->schedule.rate.count = 0;
        options->attack.cpus = 1;
    }
    return run_plan(options, &plan, err) &&
           (options->is_check ? check(&order, err) : measure(session, &order, err));
}

static bool run_main(const struct command_line *line, struct err *err)
{
    struct run_options *options = line->options;
    struct attack_options *attack = &options->attack;
    struct session session = {.options = attack,
                              .cap_flags = options->shares_connections ? NULL : OPEN_FILES_USERS};
    struct users_order users = {
        .host = options->host,
        .filter = {options->tags, options->excluded_tags},
        .users = options->users,
        .shares_connections = options->shares_connections,
        .spawn_per_s = options->spawn_per_s,
        .max_requests = options->max_requests,
        .max_iterations = options->max_iterations,
        .stop_timeout_ns = options->stop_timeout_ns,
        .max_bytes = options->max_memory.bytes,
        .name_flags = field_flags_name_text,
        .seed = options->seed,
    };
    struct targets targets = {0};
    bool is_stdout = attack->output && strcmp(attack->output, "stdout") == 0;
    attack->cpus = attack->cpus ? attack->cpus : line->cpus;
    attack->name = NULL;
    attack->encoding = "bin";
    attack->report = attack->report || is_stdout ? attack->report : "text";
    const char *file = session.input = find_file(line, options, err);
    if (!file || !run_schedule(options, &users.schedule, err)) {
        return false;
    }
    bool ok = users_open(&users, file, &targets, err) &&
              execute(options, &users, &session, &targets, err);
    bool are_listed = session.choice.report && session.choice.report->lists_exceptions;
    ok = exceptions_output_tell(&users.exceptions, are_listed, err) && ok;
    if (ok && users.quit_code != 0) {
        ok = err_set(err, (enum err_code)users.quit_code, "the scenario ended with quit(%d)",
                     users.quit_code);
    }
    users_close(&users);
    targets_free(&targets);
    return ok;
}

const struct command command_run = {
    .name = "run",
    .help = "run the users of a scenario, as Locust does, and measure the responses",
    .cli = &run_cli,
    .options_size = sizeof(struct run_options),
    .run = run_main,
};
