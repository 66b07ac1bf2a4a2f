/*
 * user_limits - whether this machine has enough open files and local ports for users with
 * connections of their own.
 *
 * A local port can be used once for each address of the targets. Addresses are known before the run
 * only if every host is one; otherwise, the run counts them when it begins (run/run.c).
 *
 * Errors: ERR_FAILED; for the web server, it begins with users.users. Threads: set-up, and the web
 * server's thread.
 */
#ifndef LOADGEN_COMMAND_SCENARIO_USER_LIMITS_H
#define LOADGEN_COMMAND_SCENARIO_USER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct plan;
struct targets;

struct user_limits {
    const struct plan *plan;
    const struct targets *targets;
    bool is_served; /* by the web server, which needs files, too, and whose clients set no flags */
};

/* Checks both for users that have one connection each. Raises the limit of open files. */
bool user_limits_check(const struct user_limits *limits, uint64_t users, struct err *err);

/* Checks against this number of local ports; 0: not limited, or not known. */
bool user_limits_check_ports(const struct user_limits *limits, uint64_t users, uint64_t ports,
                             struct err *err);

#endif
