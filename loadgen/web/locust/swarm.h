/*
 * swarm - reads the form of Locust's POST /swarm.
 *
 *     user_count, locust_count    number of users
 *     spawn_rate, hatch_rate      users started per second
 *     host                        URL of the target, for this and later runs, without `<` and `>`
 *     run_time                    90, 20s, 1h30m; empty or 0: until it is stopped
 *
 * If a field is repeated, the first one counts. The first invalid value is reported. Other fields
 * are ignored. An empty host counts as absent.
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

/* has_shape: user_count and spawn_rate may be absent, and are ignored. */
bool swarm_read(struct swarm *swarm, const struct form *form, bool has_shape, struct err *err);

#endif
