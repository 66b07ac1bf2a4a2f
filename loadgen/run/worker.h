/*
 * worker - one thread of a run: event loop, resolver, engine, driver and recorder.
 *
 *     until the end:  start requests that are due (drive/driver.h)
 *                     sleep until an event or the next deadline
 *                     read ready sockets; for a driver that runs scripts, until none is ready, but
 *                     at most WORKER_BATCHES batches of events, because sockets that receive long
 *                     bodies are always ready
 *                     end requests that have timed out
 *                     let scripts continue with the answers (backlog.h)
 *                     publish the counts once a second
 *     then:           drain the requests in flight
 *
 * Draining takes at most the plan's timeout (WORKER_DRAIN_NS if it has none); after that, requests
 * that are still in flight fail with a timeout. If the run is abandoned, the requests in flight are
 * counted by row and have no results. Requests of a warm-up are never counted.
 *
 * Threads: everything in the measured window happens on this thread. Shared between threads: the
 * stop time, is_quit and is_abandoned (atomics), the tallies (recorder.h), the published counts
 * below, the lists of addresses and targets, and what the driver shares. Memory: allocated before
 * the window. In the window, more is allocated only when a new row (tally.h) or kind of error
 * (error_cache.h) appears, when the number of open connections (h1/conn.h) or of answers in the
 * backlog (backlog.h) reaches a new maximum, and when scripts allocate.
 */
#ifndef LOADGEN_RUN_WORKER_H
#define LOADGEN_RUN_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/drive/driver.h"
#include "loadgen/drive/endpoints.h"
#include "loadgen/http/engine.h"
#include "loadgen/net/link/link.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/pace/team.h"
#include "loadgen/run/backlog.h"
#include "loadgen/run/recorder.h"

#define WORKER_DRAIN_NS (30 * NS_PER_S)

/* Maximum batches of events (256 each, loop.h) that are read before scripts continue. */
enum { WORKER_BATCHES = 65 };

/* Workers that are set up wait here until the run begins, or is canceled. */
enum gate_state { GATE_CLOSED, GATE_OPEN, GATE_CANCELLED };
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned arrived;
    enum gate_state state;
};

struct worker;

/* The state that the workers of a run share; outlives them. */
struct worker_shared {
    const struct order *order;
    const struct engine_type *engine_type;
    const struct driver_type *driver_type;
    struct drive *drive;
    struct catalogue catalogue;
    struct tls *tls; /* read-only; NULL: not needed */
    struct recorder_config recorder;
    struct terms terms;
    struct resolver_config resolver; /* of each worker, except its thread number */
    struct address_list addresses;   /* every address that the run connects to */
    struct team team;                /* of the workers among all that take part */
    struct worker *workers;          /* all of this process */
    struct gate gate;
    _Atomic uint64_t stop_ns;           /* when sending ends; only decreases */
    atomic_bool is_quit;                /* a driver has stopped the run before its end */
    atomic_bool is_abandoned;           /* do not drain */
    const _Atomic uint64_t *contact_ns; /* of drive_may_send; NULL: none */
    int finished_fd;                    /* eventfd: 1 for each worker that has ended */
    int stop_fd;                        /* readable: stop; -1: none */
};

struct worker {
    struct worker_shared *shared;
    struct endpoints endpoints;     /* for a driver that adds endpoints */
    struct catalogue_table targets; /* for a driver that adds targets */
    struct drive_thread thread;     /* with the loop, the engine and the counts */
    pthread_t id;
    struct err err;         /* of the thread's set-up */
    struct loop_watch wake; /* eventfd: stop_ns has changed, or a driver called wake_all */
    struct resolver *resolver;
    struct driver *driver;
    struct recorder recorder;
    struct backlog backlog; /* for a driver that runs scripts */
    struct link_connects connects;
    uint64_t held; /* requests whose answer a script has yet to judge; not counted in `thread` */
    bool is_abandoning;
    uint64_t abandoned[ROWS_ALL]; /* measured requests without a result, by row */
    uint64_t next_tick_ns;
    uint64_t woken_ns;  /* the last return of loop_wait */
    uint64_t awake_ns;  /* total time outside loop_wait */
    uint64_t unread_ns; /* upper bound on how long a ready answer waited for this thread */
    /* For the run's thread: as of the last tick; exact once the worker has ended. */
    _Atomic uint64_t published_started;
    _Atomic uint64_t published_in_flight;
    _Atomic uint64_t published_blocked_ns;
    _Atomic uint64_t published_unread_ns;
    _Atomic uint64_t published_awake_ns;
    _Atomic uint64_t published_script_ns;
};

/* Starts the thread of worker `index`, which sets itself up and waits at the gate. */
bool worker_start(struct worker *worker, unsigned index, struct worker_shared *shared,
                  struct err *err);

/* Makes the worker read stop_ns and call its driver. Any thread may call it. */
void worker_wake(struct worker *worker);

/* Waits until the thread has ended. */
void worker_join(struct worker *worker);

/*
 * The number of measured requests that this worker had to send before now_ns, or before the stop if
 * that is earlier. Call this on the run's thread; now_ns must not decrease.
 */
uint64_t worker_intended(const struct worker *worker, uint64_t now_ns);

/* Frees everything. Call this after worker_join, or if worker_start has failed. */
void worker_fini(struct worker *worker);

#endif
