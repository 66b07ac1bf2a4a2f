/* loadgen attack: runs a plan, and writes results and a report. */
#include "loadgen/agenda/driver.h"
#include "loadgen/command/cluster/place.h"
#include "loadgen/command/command.h"
#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/command/session/session.h"

static bool attack_main(const struct command_line *line, struct err *err)
{
    struct attack_options *options = line->options;
    struct session session = {
        .options = options,
        .input = options->targets,
        .cap_flags = "-max-workers or -max-connections",
    };
    struct workload workload = {.fd = -1};
    struct place place = {0};
    struct plan plan;
    bool ok = true;
    if (options->cpus == 0) {
        options->cpus = line->cpus;
    }
    if (line->operand_count > 1) {
        ok = err_set(err, ERR_USAGE,
                     "more than one URL: \"%s\" and \"%s\"; put them in a file for -targets",
                     line->operands[0], line->operands[1]);
    }
    const struct workload_options wanted =
        attack_workload(options, line->operand_count ? line->operands[0] : NULL);
    const struct order order = {&plan, &workload.targets, &workload.source};
    ok = ok && session_open(&session, err) && workload_open(&workload, &wanted, err) &&
         attack_plan(options, &plan, err) &&
         (session.runner = place_open(&place, &options->cluster, err)) != NULL &&
         session_run(&session, &order, &driver_agenda, err);
    ok = workload_close(&workload, err) && ok;
    ok = session_close(&session, ok, err);
    place_close(&place); /* may take long; after two signals, everything before it is in a hurry */
    return ok;
}

const struct command command_attack = {
    .name = "attack",
    .help = "send requests on a schedule and measure the responses",
    .cli = &attack_cli,
    .options_size = sizeof(struct attack_options),
    .run = attack_main,
};
