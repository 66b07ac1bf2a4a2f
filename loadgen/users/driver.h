/*
 * driver_users - the driver (drive/driver.h) that runs scenarios: one coroutine per user.
 *
 *     scenario.h   the file     state.h    Lua, bounded      classes.h  what it declares
 *     deal.h       user -> class           user.h            a user's life
 *     shape.h, crowd.h   changing numbers of users            conductor.h   runs once per run
 *     request.h    a request    answer.h   its answer        target/catalogue.h  its target
 *
 * order.source->state is the struct users_order (users.h). User u belongs to the thread that owns
 * slot u mod SLOTS, and starts u / spawn_per_s seconds after the start of the run; with a shape,
 * when the shape says (crowd.h). The run-wide functions of the scenario run elsewhere
 * (conductor.h), except that the run's thread calls the shape's tick once a second.
 *
 * The run ends after its duration, when the requests or iterations of the order have ended
 * (goal.h), or when its shape ends. At the end, waiting users stop immediately; users with a
 * request in flight stop when it is answered. With a stop_timeout_ns, users in a task stop when the
 * task has ended, or after this time. Then on_stop runs, for at most DRIVER_ON_STOP_NS. When the
 * run is abandoned, all users end immediately.
 *
 * With is_elastic, the number of users may change during the run, and slots may move to other
 * processes; surplus users, and those of slots that were lost, end as described in crowd.h.
 *
 * A request is due when an undisturbed script would have sent it (user.h). It counts as intended
 * only when the script sends it, so every intended request is started.
 */
#ifndef LOADGEN_USERS_DRIVER_H
#define LOADGEN_USERS_DRIVER_H

#include "loadgen/drive/driver.h"

#define DRIVER_ON_STOP_NS (10 * NS_PER_S)

extern const struct driver_type driver_users;

#endif
