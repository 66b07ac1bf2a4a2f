/*
 * interrupt - counts the requests to stop: SIGINT, SIGTERM and SIGHUP.
 *
 *     1st request   stop: send no more requests, wait for those in flight, write everything
 *     2nd request   end: do not wait, write what has been measured
 *     3rd request   exit immediately with 128 + the signal's number; unwritten output is lost. The
 *                   same happens INTERRUPT_LAST_NS after the 2nd request, so that blocked output
 *                   cannot keep the process running.
 *
 * Within INTERRUPT_SAME_NS of a request, these signals count as duplicates of it:
 *
 * - the same signal: GNU timeout and shells send it to a child and to its group;
 * - SIGHUP after another signal, and any signal after SIGHUP: systemd sends SIGHUP after SIGTERM;
 * - after the 2nd request, any signal, because a 3rd request loses output.
 *
 * After the 1st request, SIGINT and SIGTERM are not duplicates of each other.
 *
 * If SIGHUP was ignored at the start (nohup), it stays ignored.
 *
 * SIGUSR1 is not a request to stop. With `on_user`, it calls this function; otherwise it ends the
 * process, as usual.
 *
 * Threads: all threads block the signals, and a thread of this module reads them; there is no
 * handler and no global flag. Call interrupt_start before any other thread is started.
 */
#ifndef LOADGEN_COMMAND_PROCESS_INTERRUPT_H
#define LOADGEN_COMMAND_PROCESS_INTERRUPT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/err.h"

#define INTERRUPT_SAME_NS NS_PER_S
#define INTERRUPT_LAST_NS (5 * NS_PER_S)

/* The requests so far. */
struct interrupt_requests {
    unsigned count;
    int signal;       /* the first signal of the last request */
    uint64_t last_ns; /* its time */
};

/* Counts a signal that arrived at now_ns. True if it is a new request. */
bool interrupt_add(struct interrupt_requests *requests, int signal, uint64_t now_ns);

struct interrupt {
    /* Set before interrupt_start, or zero. */
    void (*on_user)(void *context); /* for each SIGUSR1, on the thread of this module */
    /* For each request, on the same thread; `count` includes this one. */
    void (*on_request)(void *context, unsigned count);
    void *context;
    /* The result. */
    int stop_fd;   /* eventfd; readable from the first request on */
    int signal_fd; /* signalfd */
    int quit_fd;   /* eventfd; makes the thread end */
    bool is_started;
    pthread_t thread;
    struct interrupt_requests requests; /* used only by the thread */
    atomic_uint count;                  /* requests so far */
    _Atomic uint64_t last_ns;           /* time of the last request */
    atomic_int signal;                  /* signal of the last request */
};

/* on_user and on_request may be called from now on until interrupt_stop. */
bool interrupt_start(struct interrupt *interrupt, struct err *err);

/* The number of requests so far. */
unsigned interrupt_count(const struct interrupt *interrupt);

/*
 * True if a reader of results must stop: a reader of files after the first request; a reader of a
 * pipe one second after the second request, because the attack that writes to the pipe received the
 * same signals and still sends its last results.
 */
bool interrupt_must_stop_reading(const struct interrupt *interrupt, bool is_pipe);

/* False with err ("ended immediately by a second SIGTERM", exit status 128 + the signal's number)
 * if there were two requests or more. */
bool interrupt_check(const struct interrupt *interrupt, struct err *err);

/*
 * Ends the thread. Call this after all output is written. The signals stay blocked, so that later
 * ones do not change the exit status. Does nothing if the interrupt was not started.
 */
void interrupt_stop(struct interrupt *interrupt);

#endif
