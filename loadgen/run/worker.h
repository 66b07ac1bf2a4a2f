/*
 * worker - one thread of a run: its loop, its engine, its share of the schedule, its recorder.
 *
 *     until the end:  start what is due and has room  ->  sleep until an event or the next moment
 *                     ->  handle events  ->  end what is overdue  ->  once a second, hand over
 *     then:           drain what is in flight
 *
 * What is due next is the agenda's business (agenda.h). When all connections that the caps allow
 * are taken it waits; requests are started in their order. At the end of the run a request that
 * waits for a connection is not started; one that is late only because we are is still sent, for at
 * most WORKER_GRACE_NS. What a live source has too late is late by lag. Nothing of a warm-up is
 * counted.
 *
 * Everything in the window happens on this thread, with memory that exists before it begins but for
 * more connections than ever before (h1_conn.h) and the text of an error of a new kind. What
 * crosses threads: the stop time (one atomic, announced by an eventfd), the tallies (recorder.h),
 * the free-slot words (busy.h) and the three counts below, written once a second.
 */
#ifndef LOADGEN_RUN_WORKER_H
#define LOADGEN_RUN_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "loadgen/http/engine.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/pace/schedule.h"
#include "loadgen/run/agenda.h"
#include "loadgen/run/busy.h"
#include "loadgen/run/plan.h"
#include "loadgen/target/source.h"

#define WORKER_GRACE_NS UINT64_C(100000000)

/* Where workers wait, set up, until the run says what to do. */
enum gate_state { GATE_CLOSED, GATE_OPEN, GATE_CANCELLED };
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned arrived;
    enum gate_state state;
};

/* What the workers of a run share; the run owns it, and it outlives them. */
struct worker_shared {
    const struct plan *plan;
    const struct source *source;
    const struct engine_type *engine_type;
    struct tls *tls; /* read-only */
    struct recorder_config recorder;
    struct resolver_config resolver; /* of each worker, but for its number */
    struct address_list addresses;   /* all that the run meets */
    uint64_t start_ns;               /* known when the gate opens */
    unsigned threads;
    struct busy_peer *peers;
    struct gate gate;
    _Atomic uint64_t stop_ns;       /* when sending ends */
    struct schedule_cursor counter; /* the run's thread counts with it what is due */
    int finished_fd;                /* eventfd: a worker has ended */
    int stop_fd;                    /* readable: the run is to stop; -1: nobody asks */
};

struct worker {
    struct worker_shared *shared;
    unsigned index;
    pthread_t thread;
    struct err err;         /* of the set-up in the thread */
    struct loop_watch wake; /* eventfd: stop_ns has changed */
    struct loop_watch more; /* a live source has something, or has ended */
    struct loop *loop;
    struct resolver *resolver;
    struct engine *engine;
    struct recorder recorder;
    struct busy busy;
    bool is_capped;   /* requests may have to wait for a connection */
    bool is_too_late; /* after the end something was dropped though it had not to wait */
    bool is_filling;  /* fill is at work further up the stack */
    struct share share;
    struct agenda agenda;
    uint64_t slots; /* in flight at most */
    uint64_t in_flight;
    uint64_t started; /* of what is measured */
    uint64_t next_tick_ns;
    /* For the run's thread; as of the last tick, and right once the worker has ended. */
    _Atomic uint64_t shown_started;
    _Atomic uint64_t shown_in_flight;
    _Atomic uint64_t shown_held_ns;
};

/* Prepares worker number `index` and starts its thread, which waits at the gate. */
bool worker_start(struct worker *worker, unsigned index, struct worker_shared *shared,
                  struct err *err);

/* Makes the worker look at stop_ns now. From any thread. */
void worker_wake(struct worker *worker);

/* Waits for the thread to end. */
void worker_join(struct worker *worker);

/* Of this worker's share: how many were intended, after worker_join or as of now. Called on the
 * run's thread, with times that never fall. */
uint64_t worker_intended(const struct worker *worker, uint64_t now_ns);

/* Frees everything; after worker_join, or when worker_start failed. */
void worker_fini(struct worker *worker);

#endif
