/*
 * swarm - reads the form of Locust's POST /swarm.
 *
 *     user_count, locust_count    number of users
 *     spawn_rate, hatch_rate      users started per second
 *     host                        URL of the target, for this and later runs, without `<` and `>`
 *     run_time                    90, 20s, 1h30m; empty or 0: until it is stopped
 *
 * A field with any other name sets the argument of this name, if the scenario declares one;
 * otherwise, it is ignored. Of several fields with the same name, the first is used. An error
 * reports the first invalid value. An empty host counts as none.
 *
 * Errors: ERR_USAGE with the name of the field. Threads: pure function. Memory: plain values.
 */
#ifndef LOADGEN_WEB_LOCUST_SWARM_H
#define LOADGEN_WEB_LOCUST_SWARM_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/web/board/runner.h"
#include "loadgen/web/form/form.h"

enum { SWARM_HOST_MAX = 2000, SWARM_USERS_MAX = 1000000 };

struct swarm {
    struct run_order order; /* order.host points to `host`; NULL: none was given */
    char host[SWARM_HOST_MAX + 1];
};

/* `users` is the runner of the scenario. With a Shape, the numbers of users need not be given, and
   are ignored. */
bool swarm_read(struct swarm *swarm, const struct form *form, const struct runner *users,
                struct err *err);

#endif
