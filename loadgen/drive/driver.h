/*
 * driver - the interface of drivers, which decide what a run sends, and when.
 *
 * A run has one `struct drive`, which its drivers share, and one `struct driver` per worker thread.
 * The worker owns the loop, the engine and the recorder, and calls its driver:
 *
 *     create -> begin -> [ go -> sleep until next_ns or an event -> answered ... ] -> destroy
 *
 * The steps in brackets repeat until has_ended is true and nothing is in flight. A driver sends
 * with drive_send, and the worker reports the end of each request to the driver once.
 *
 * A run ends at the end_ns passed to `begin`, or earlier: at the end_ns passed to `end_at`, or when
 * the driver has nothing left to send. The driver may start requests until last_ns; then the worker
 * drains those in flight.
 *
 * The driver counts intended requests; the worker counts started ones and how they ended. So
 * started + not started = intended for every driver.
 *
 * Times are CLOCK_MONOTONIC nanoseconds. Threads: the worker's thread calls create and the
 * functions from `begin` to `has_ended`; the run's thread calls the others. Memory: the agenda
 * driver allocates only in open, create and change; the users driver also while scripts run.
 *
 * Drivers: agenda/driver.h (a schedule and targets), users/driver.h (the users of a scenario).
 */
#ifndef LOADGEN_DRIVE_DRIVER_H
#define LOADGEN_DRIVE_DRIVER_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"
#include "loadgen/http/engine.h"
#include "loadgen/http/send.h"
#include "loadgen/net/loop.h"
#include "loadgen/target/rows.h"

struct catalogue_table;
struct driver_cargo;
struct endpoints;
struct exceptions;
struct order;
struct epoch;
struct team;
struct schedule;
struct slots;

/* A worker thread, as its driver sees it. Belongs to the worker. */
struct drive_thread {
    unsigned index;          /* in this process */
    uint16_t number;         /* in the run: team->first + index */
    const struct team *team; /* of this process in the run: pace/team.h */
    struct loop *loop;
    struct engine *engine;
    /* Tables that grow during the run; NULL unless the driver's type adds targets. */
    struct endpoints *endpoints;     /* where requests go: endpoints.h */
    struct catalogue_table *targets; /* names of requests in reports: target/catalogue.h */
    const struct terms *terms;       /* those of the run; a driver may use its own */
    struct engine_limits limits;     /* of the thread's connections; set by the driver (limits.h) */
    /*
     * Counts an exchange that is_held, with its judgement. Call this once per exchange. The capture
     * may be freed afterwards.
     */
    void (*judged)(struct drive_thread *thread, const struct exchange *exchange);
    /*
     * Counts a result that a script fired (exchange->is_fired), as a request that was started and
     * has ended. Nothing was sent.
     */
    void (*fired)(struct drive_thread *thread, const struct exchange *exchange);
    /* Wakes all threads of the run, so that `go` of their drivers is called soon. */
    void (*wake_all)(struct drive_thread *thread);
    /*
     * Stops the run like a first signal, but does not count as a signal: the next signal still
     * counts as the first.
     */
    void (*stop_run)(struct drive_thread *thread);
    const atomic_bool *is_abandoned; /* the run ends without waiting for anything; NULL: never */
    /*
     * In a run with several processes: the last time at which this process is known to have been in
     * contact with the others (CLOCK_MONOTONIC); see drive_may_send. NULL: one process.
     */
    const _Atomic uint64_t *contact_ns;
    uint64_t contact_seen_ns; /* its value at the last drive_may_send; private */
    bool is_cut_off;          /* set by drive_may_send */
    uint64_t start_ns;  /* requests intended at this time or later are measured; others: warm-up */
    uint64_t in_flight; /* requests, including the warm-up's */
    uint64_t started;   /* measured requests, and fired results */
    uint64_t script_ns; /* time that scripts have run on this thread; updated by the driver */
};

/* After this long without contact, other processes may have taken over the requests of this one. */
#define DRIVE_CONTACT_MAX_NS (15 * NS_PER_S)

/*
 * False if this process had no contact with the others for longer than DRIVE_CONTACT_MAX_NS,
 * because it was cut off or suspended. It then stops its part of the run, and sends nothing more
 * even if contact returns. Each thread calls this before each request, and at least once a second,
 * so that it misses no gap.
 */
static inline bool drive_may_send(struct drive_thread *thread)
{
    if (!thread->contact_ns || thread->is_cut_off) {
        return !thread->is_cut_off;
    }
    uint64_t contact_ns = atomic_load_explicit(thread->contact_ns, memory_order_relaxed);
    uint64_t now_ns = clock_now_ns();
    bool had_gap = contact_ns > thread->contact_seen_ns + DRIVE_CONTACT_MAX_NS;
    if (had_gap || now_ns > contact_ns + DRIVE_CONTACT_MAX_NS) {
        thread->is_cut_off = true;
        thread->stop_run(thread);
    }
    thread->contact_seen_ns = contact_ns;
    return !thread->is_cut_off;
}

/* Sends now. The engine may report the end before this returns. */
static inline void drive_send(struct drive_thread *thread, struct send *send)
{
    thread->started += send->intended_ns >= thread->start_ns;
    thread->in_flight++;
    /* Read the clock last: on an open connection, this is also the time of sending. */
    send->started_ns = clock_now_ns();
    thread->engine->type->start(thread->engine, send);
}

/*
 * A change during a run, effective at_ns after the start of the run. Requests due before that are
 * still sent.
 */
struct change {
    uint64_t at_ns;
    const struct schedule *schedule; /* its time starts at at_ns; NULL: no change */
    const struct slots *slots;       /* the owner of each slot (pace/slots.h); NULL: no change */
    uint64_t users; /* of a closed loop; otherwise the cap on requests in flight. 0: no change */
    double users_per_s; /* of a scenario: users that start or end per second */
    /*
     * In a run with several processes (pace/team.h), all must make the same change, in two steps.
     * First is_closing: requests due at at_ns or later wait. Then `epoch`, which the controller has
     * made for all processes: it contains the start time, the schedule and the slots. Neither time
     * is moved, even if it has passed. NULL: this process makes the epoch.
     */
    const struct epoch *epoch;
    bool is_closing;
    uint64_t number; /* of the epoch that is_closing waits for */
    /*
     * With is_closing, `slots` are those of this epoch. A driver that cannot let go of slots at
     * once sets is_pending, and stores number + 1 in *agreed when it has.
     */
    _Atomic uint64_t *agreed;
    bool is_pending;
};

/* Each driver type's own structs begin with these: `drive` for a run, `driver` for a thread. */
struct drive {
    const struct driver_type *type;
};

struct driver {
    const struct driver_type *type;
};

struct driver_type {
    const char *name;

    /* Sends a source other than a list of targets to other processes; NULL: not needed. */
    const struct driver_cargo *cargo;

    /*
     * False: slots cannot move between threads. `change` then refuses epochs, so processes can
     * neither join a run nor hand over slots.
     */
    bool follows_epochs;

    /*
     * False: `answered` is called as soon as an answer has been read, even from inside drive_send.
     * Apart from sending, it may take at most a few hundred nanoseconds.
     *
     * True: `answered` is called after all ready sockets have been read (at most the first 16,640:
     * WORKER_BATCHES in run/worker.h), so a script cannot delay other answers; it is never called
     * from inside drive_send. The driver keeps a copy of each exchange that is_held. It passes the
     * copy to thread->judged once its script has judged the answer, and before has_ended is true.
     */
    bool runs_scripts;

    /*
     * The driver may add endpoints and names of requests during the run: thread->endpoints and
     * thread->targets are set.
     */
    bool adds_targets;

    /*
     * Creates the struct drive of a run. NULL with err: out of memory, or the order is not for this
     * driver. Borrows the order and the team until close, which accepts NULL.
     */
    struct drive *(*open)(const struct order *order, const struct team *team, struct err *err);
    void (*close)(struct drive *drive);

    /*
     * Applies a change to the run that started at start_ns. If change->at_ns would be too soon,
     * moves it to a later time. Borrows the change during the call. The caller wakes sleeping
     * threads afterwards. False with err: out of memory. NULL: the driver supports no changes.
     *
     * now_ns is the time just before the call; the run may have ended since then. Over all calls of
     * `change` and `intended`, now_ns is at most the end of the run and never decreases.
     */
    bool (*change)(struct drive *drive, uint64_t start_ns, uint64_t now_ns, struct change *change,
                   struct err *err);

    /*
     * Called before the run, once host names are resolved. Checks that the run does not need more
     * simultaneous connections than `ports`, the number that local ports allow. ERR_FAILED names
     * the fields to change. NULL: not checked.
     */
    bool (*check_ports)(const struct drive *drive, uint64_t ports, struct err *err);

    /*
     * Creates the driver of one thread. NULL: err is set. Borrows `drive` and `thread` until
     * destroy, which accepts NULL.
     */
    struct driver *(*create)(struct drive *drive, struct drive_thread *thread, struct err *err);
    void (*destroy)(struct driver *driver);

    /*
     * Begins to send: until thread->start_ns the warm-up, if there is one; then the measured
     * requests. Sending ends at end_ns; UINT64_MAX: when it is stopped.
     */
    void (*begin)(struct driver *driver, uint64_t end_ns);

    /*
     * Starts due requests, only a few per call, so that answers do not wait to be read. True if it
     * started any. Called before every sleep.
     */
    bool (*go)(struct driver *driver, uint64_t now_ns);

    /* When to call `go` next if no event comes earlier; UINT64_MAX: never. */
    uint64_t (*next_ns)(struct driver *driver, uint64_t now_ns);

    /*
     * An exchange has ended; thread->in_flight no longer counts it. May send the next request. The
     * exchange and its capture are valid during the call.
     */
    void (*answered)(struct driver *driver, const struct exchange *exchange);

    /* Stops sending at end_ns, unless it already ends earlier. */
    void (*end_at)(struct driver *driver, uint64_t end_ns);

    /*
     * Abandons the run: starts no more requests. Those in flight end after this call. NULL: end_at
     * is enough.
     */
    void (*abandon)(struct driver *driver);

    /* The latest time at which a request may still start; UINT64_MAX: not known yet. */
    uint64_t (*last_ns)(const struct driver *driver);

    /* True if the driver will start no more requests, however those in flight end. */
    bool (*has_ended)(const struct driver *driver, uint64_t now_ns);

    /*
     * Returns how many measured requests this thread had to send before now_ns (intended requests).
     * The result is at least `started`, the number of requests that the thread had started when it
     * last published its counts (once a second). now_ns must not decrease from call to call, and
     * must be at most the end of the run.
     */
    uint64_t (*intended)(struct driver *driver, uint64_t now_ns, uint64_t started);

    /*
     * Called after the end. True if requests were dropped only because the generator was too slow.
     */
    bool (*is_too_late)(const struct driver *driver);

    /*
     * Called once a second while requests may be sent, first one second after start_ns; may take up
     * to a second. True: wake the threads of the run. NULL: not called.
     */
    bool (*conduct)(struct drive *drive, uint64_t start_ns, uint64_t now_ns);

    /*
     * Counts the iterations that were started at a rate so far, and those that were dropped because
     * no user was free. NULL: there are none.
     */
    void (*count_iterations)(const struct drive *drive, uint64_t *started, uint64_t *dropped);

    /* The number of users that have started and not ended. NULL: there are none. */
    uint64_t (*count_users)(const struct drive *drive);

    /*
     * Adds to `by_row` how many of the first n requests of the run belong to each row. False: not
     * known.
     */
    bool (*count_rows)(const struct drive *drive, uint64_t n, uint64_t by_row[ROWS_ALL]);

    /* Adds the driver's own settings to the plan in the result file. NULL: there are none. */
    void (*show)(const struct drive *drive, json_t *plan);

    /* The errors of scripts so far (measure/exceptions.h). NULL: there are no scripts. */
    struct exceptions *(*exceptions)(const struct drive *drive);
};

#endif
