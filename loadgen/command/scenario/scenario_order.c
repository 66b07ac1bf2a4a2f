#include "loadgen/command/scenario/scenario_order.h"

#include "loadgen/command/flags/field_flags.h"
#include "loadgen/command/flags/run_flags.h"

bool scenario_order(const struct run_options *options, struct users_order *users, struct err *err)
{
    *users = (struct users_order){
        .host = options->host,
        .filter = {options->tags, options->excluded_tags},
        .arguments = {options->arguments.list, options->arguments.count},
        .users = options->users,
        .shares_connections = options->shares_connections,
        .spawn_per_s = options->spawn_per_s,
        .max_requests = options->max_requests,
        .max_iterations = options->max_iterations,
        .stop_timeout_ns = options->stop_timeout_ns,
        .max_bytes = options->max_memory.bytes,
        .name_flags = field_flags_name_text,
        .seed = options->seed,
        .quit_code = -1,
    };
    return run_schedule(options, &users->schedule, err);
}
