/*
 * changes - changes of schedule, users and slots during a run, each at a given time.
 *
 *     changes_init(&changes, is_closed_loop, &err)  ->  control.changes = &changes, run(...)
 *     changes_request(&changes, &(struct change){.at_ns = at_ns, .users = 200}, &err)
 *                                                   at any time, from any thread
 *
 * Requests that are due in the old schedule before a change takes effect are still sent; later
 * requests of the old schedule are dropped, and do not count as intended. The new schedule starts
 * when the change takes effect, so a ramp of 10 s ends 10 s later. When a schedule with a duration
 * has ended, nothing more is sent. A change does not move the end of the run. In a closed loop,
 * surplus users stop after their current request.
 *
 * Threads: changes_request may be called from any thread; the run takes the changes. Memory: the
 * struct must outlive the run; changes are copied, with everything they point to.
 */
#ifndef LOADGEN_RUN_CHANGES_H
#define LOADGEN_RUN_CHANGES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/drive/driver.h"
#include "loadgen/pace/epoch.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/pace/slots.h"

enum { CHANGES_MAX = 16 };

/* A copy of a change, with everything it points to. */
struct wish {
    struct change change;
    struct schedule schedule;
    struct slots slots;
    struct epoch epoch;
};

struct changes {
    int fd; /* eventfd; readable: a change was requested */
    bool is_closed_loop;
    _Atomic uint64_t ports;  /* of changes_ports */
    _Atomic uint64_t epochs; /* of changes_epochs */
    pthread_mutex_t lock;
    size_t count;
    struct wish list[CHANGES_MAX];
};

/* ERR_FAILED if out of descriptors. */
bool changes_init(struct changes *changes, bool is_closed_loop, struct err *err);
void changes_fini(struct changes *changes);

/*
 * Requests a change (drive/driver.h); at_ns 0: as soon as possible. Changes take effect in the
 * order in which they were requested. ERR_USAGE for an empty change, an invalid schedule
 * (schedule_check), a schedule that is a closed loop, and any schedule if the run is a closed loop;
 * ERR_FAILED if CHANGES_MAX changes wait for the run to take them.
 */
bool changes_request(struct changes *changes, const struct change *change, struct err *err);

/*
 * The number of connections that the local ports allow, to all addresses known when the run began;
 * 0: not known yet, or not limited. A caller that adds users must check this, because the run
 * checks only its initial users.
 */
uint64_t changes_ports(const struct changes *changes);

/*
 * In a run with several processes, the number of epochs that have taken effect in this one:
 * requests of earlier epochs are sent only if they were due before these ended. An epoch takes
 * effect with is_closing, if that was in time; otherwise, with the epoch itself. If the driver
 * cannot let go of slots at once (is_pending), it takes effect when the driver has. 0: none.
 */
uint64_t changes_epochs(const struct changes *changes);

/* Call this when a change with an epoch or is_closing has taken effect; only the run does. */
void changes_note(struct changes *changes, const struct change *change, bool is_in_time);

/* Takes the oldest change; only the run calls this. False: there is none. */
bool changes_take(struct changes *changes, struct wish *wish);

#endif
